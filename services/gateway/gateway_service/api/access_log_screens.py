"""The access log for auditors and union staff: what was done when, and the proof that nothing was changed afterwards."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from urllib.parse import quote

from chassis.clock import JAPAN
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.domain.access_chain import Verdict
from gateway_service.domain.roles import Right
from gateway_service.store import access_log
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Auditor = Annotated[Session, allowed(Right.SEE_ACCESS_LOG)]
MOST = 100


@router.get("/access-log")
async def entries(request: Request, session: Auditor, day: str = "", user: str = "", before: int | None = None) -> Response:
    """The entries of a day (Japan), of one user where given, a page at a time."""
    return await _entries_page(request, session, day, user, before, verdict=None)


async def _entries_page(
    request: Request, session: Session, day: str, user: str, before: int | None, *, verdict: Verdict | None
) -> Response:
    gateway = gateway_of(request)
    now = gateway.runtime.clock.now().astimezone(JAPAN)
    chosen, error = now.date(), ""
    if day.strip():
        try:
            chosen = parse_day(day)
        except UnreadableDay as unreadable:
            error = str(unreadable)
    first = datetime.combine(chosen, time(), JAPAN)
    await gateway.record(session, "see_access_log", "shown", detail=chosen.isoformat())
    async with gateway.runtime.units.open() as uow:
        found = await access_log.entries_between(
            uow.connection, first, first + timedelta(days=1), user=user.strip(), before=before, limit=MOST
        )
    return page(
        request, "access_log.html", status=422 if error else 200, entries=[] if error else found, chosen=chosen, typed=day[:40],
        user=user[:100], error=error, more=found[-1].number if len(found) == MOST else None, verdict=verdict,
        query=f"day={chosen.isoformat()}&user={quote(user.strip())}",
    )  # fmt: skip


@router.post("/access-log/verify", dependencies=[OwnForm])
async def verify(request: Request, session: Auditor) -> Response:
    """Recompute the whole chain and say what was found."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        verdict = await access_log.verified(uow.connection)
    detail = f"broken at {verdict.broken_at}" if verdict.broken_at else f"{verdict.entries} entries, {verdict.last_hash.hex()[:16]}"
    await gateway.record(session, "verify_access_log", "failed" if verdict.broken_at else "done", detail=detail)
    return await _entries_page(request, session, "", "", None, verdict=verdict)


@router.post("/access-log/person", dependencies=[OwnForm])
async def of_person(
    session: Auditor, municipality_code: Annotated[str, Form()] = "", resident_number: Annotated[str, Form()] = ""
) -> Response:
    """To the entries about one person."""
    code, number = municipality_code.strip(), resident_number.strip()
    if not (code.isdigit() and number.isdigit() and code.isascii() and number.isascii()):
        return RedirectResponse("/access-log", status_code=303, headers=HEADERS)
    return RedirectResponse(f"/people/{code}/{number}/access", status_code=303, headers=HEADERS)
