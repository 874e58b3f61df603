"""What waits for somebody, and what was handed out: the worklist and the print log of a municipality."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Request, Response

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.pages import ScreenRoute, page
from gateway_service.domain import words
from gateway_service.domain.roles import Right
from gateway_service.store import file_calendar, municipalities, work
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Worker = Annotated[Session, allowed(Right.SEE_WORKLIST)]


@router.get("/worklist")
async def worklist(request: Request, session: Worker) -> Response:
    """Open cases and parked rows of the session's municipalities, the longest waiting first."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open(seen_by=session.principal) as uow:
        cases = await work.open_cases(uow.connection)
        parked = await work.parked_rows(uow.connection)
        files = await file_calendar.open_alerts(uow.connection)
        names = await municipalities.names(uow.connection)
    about = tuple(dict.fromkeys(f"{row.municipality_code}:{row.resident_number}" for row in (*cases, *parked)))
    await gateway.record(session, "see_worklist", "shown", about=about)
    return page(request, "worklist.html", cases=cases, parked=parked, files=files, names=names, terms=words.CASES, kinds=words.KINDS)


@router.get("/print-log")
async def print_log(request: Request, session: Worker, day: str = "") -> Response:
    """Cards issued on a day (Japan), the latest first."""
    gateway = gateway_of(request)
    today = gateway.runtime.clock.today()
    chosen, error = today, ""
    if day.strip():
        try:
            chosen = parse_day(day)
        except UnreadableDay as unreadable:
            error = str(unreadable)
    async with gateway.runtime.units.open(seen_by=session.principal) as uow:
        rows = [] if error else await work.printed_on(uow.connection, chosen)
        total = 0 if error else await work.count_printed_on(uow.connection, chosen)
        names = await municipalities.names(uow.connection)
    about = tuple(dict.fromkeys(f"{row.municipality_code}:{row.resident_number}" for row in rows))
    await gateway.record(session, "see_print_log", "shown", about=about, detail=chosen.isoformat())
    around = _around(chosen)
    return page(
        request, "print_log.html", status=422 if error else 200, rows=rows, total=total, names=names, chosen=chosen, typed=day[:40],
        error=error, kinds=words.CERTIFICATES, before=around[0], after=around[1],
    )  # fmt: skip


def _around(day: date) -> tuple[date, date]:
    return day - timedelta(days=1), day + timedelta(days=1)
