"""収納: what a person was charged and has paid, as of any day, with every entry; the ledger and the certificate as PDF (C-01)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from chassis.problems import Problem
from contracts.eras import UnreadableDay, format_day, parse_day
from fastapi import APIRouter, Request, Response

from gateway_service.api.commands import SERVICE_TERMS
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.pages import ScreenRoute, as_pdf
from gateway_service.api.person import load, require_own, show
from gateway_service.domain import payment_words
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}/payments", route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.SEE_PEOPLE)]
Axis = Literal["paid_on", "entered_on"]


@router.get("")
async def payments(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, as_of: str = "", axis: Axis = "paid_on"
) -> Response:
    """Each fiscal year with its instalments and, beneath, every entry; `as_of` as people write days."""
    person = await load(request, session, "payments", municipality_code, resident_number)
    error, day = "", None
    try:
        day = parse_day(as_of) if as_of.strip() else None
    except UnreadableDay as unreadable:
        error = str(unreadable)
    asked = _asked(axis, day)
    reply = await gateway_of(request).upstream.ask("collection", f"{person.path}/payments", session.principal, params=asked)
    years: list[dict[str, Any]] | None = reply.json() if reply.ok else None
    labels = {year["fiscal_year"]: {one["number"]: one["label"] for one in year["instalments"]} for year in years or []}
    today = gateway_of(request).runtime.clock.today()
    last = today.year if today.month == 12 else today.year - 1
    return show(
        request, person, "payments", status=422 if error else 200, years=years, day=day or today, chosen=day, axis=axis, error=error,
        typed=as_of[:40], words=payment_words, labels=labels, calendar_years=(last, last - 1), era_year=_era_year,
    )  # fmt: skip


@router.get("/ledger.pdf")
async def ledger_pdf(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, as_of: date | None = None, axis: Axis = "paid_on"
) -> Response:
    """被保険者別収納台帳 as it stands on the screen."""
    person = (municipality_code, resident_number)
    return await _pdf(request, session, person, "payments/document", "payment_ledger", _asked(axis, as_of))


@router.get("/certificates/{year}.pdf")
async def certificate_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, year: int) -> Response:
    """納付証明書 of a calendar year."""
    return await _pdf(request, session, (municipality_code, resident_number), f"payment-certificates/{year}", "payment_certificate")


def _era_year(year: int) -> str:
    """A calendar year as people say it, by its last day: 令和7年."""
    return format_day(date(year, 12, 31)).removesuffix("12月31日")


def _asked(axis: Axis, day: date | None) -> dict[str, str]:
    return {"axis": axis} | ({"as_of": day.isoformat()} if day else {})


async def _pdf(
    request: Request, session: Session, person: tuple[str, str], asked: str, kind: str, params: dict[str, str] | None = None
) -> Response:
    """Pass on a PDF that collection makes of the person in the address; the log names whose it is, before it is shown."""
    gateway = gateway_of(request)
    action = f"see_document:{kind}"
    subject = await require_own(gateway, session, action, *person)
    reply = await gateway.upstream.ask("collection", f"/people/{person[0]}/{person[1]}/{asked}", session.principal, params=params)
    await gateway.record(session, action, "shown" if reply.ok else "failed", about=(subject,), detail=asked)
    if reply.unavailable:
        raise Problem(
            503, "KOKI-S504", "いまは帳票を開けません。", f"{SERVICE_TERMS['collection']}に接続できません。記録は保存されています。"
        )
    if not reply.ok:
        why = reply.problem
        raise Problem(reply.status, str(why.get("code", "KOKI-404")), str(why.get("title", "")), str(why.get("detail") or ""))
    return as_pdf(reply.content, kind)
