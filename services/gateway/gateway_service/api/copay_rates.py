"""負担割合: the list of those whose rate waits, 基準収入額適用申請 at the window, and the notice of a changed rate."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

from chassis.problems import Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.person import Person, TakesNotices, load, require_own, show
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Worker = Annotated[Session, allowed(Right.SEE_WORKLIST)]
ACT = "/people/{municipality_code}/{resident_number}/acts/receipts"
_LARGEST = 999_999_999_999


@router.get("/copay-waits")
async def waiting(request: Request, session: Worker) -> Response:
    """負担割合判定保留一覧: the longest waiting first."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("eligibility", "/copay-waits", session.principal)
    if not reply.ok:
        raise Problem(503, "KOKI-S520", "いまは判定保留を表示できません。", "資格サービスに接続できません。記録は失われていません。")
    waits: list[dict[str, Any]] = reply.json()
    about = tuple(dict.fromkeys(f"{w['municipality_code']}:{w['resident_number']}" for w in waits))
    await gateway.record(session, "see_copay_waits", "shown", about=about)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "copay_waits.html", waits=waits, names=names)


@router.get(ACT)
async def form(request: Request, session: TakesNotices, municipality_code: str, resident_number: str) -> Response:
    """The form, with a line for everybody in the household."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    today = gateway_of(request).runtime.clock.today()
    return _show(request, person, {"applied_on": today.isoformat()}, {})


@router.post(ACT, dependencies=[OwnForm])
async def take(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    step: Annotated[str, Form(pattern="^(check|take)$")],
) -> Response:
    """Check what was typed and show it once more; then take it."""
    gateway = gateway_of(request)
    typed = {name: str(value)[:40] for name, value in (await request.form()).items() if isinstance(value, str)}
    applied_on, receipts, errors = _read(typed)
    if errors or step == "check":
        person = await load(request, session, "acts", municipality_code, resident_number)
        return _show(request, person, typed, errors, confirm=None if errors else receipts, applied_on=applied_on)
    subject = await require_own(gateway, session, "apply_receipts", municipality_code, resident_number)
    assert applied_on
    body = {
        "applied_on": applied_on.isoformat(),
        "receipts": [{"resident_number": number, "receipts": amount} for number, amount in receipts.items()],
    }
    path = f"/people/{municipality_code}/{resident_number}/receipts-applications"
    await carry(gateway, session, "eligibility", path, body, key=key, action="apply_receipts", about=(subject,), what="受付")
    return RedirectResponse(f"/people/{municipality_code}/{resident_number}", status_code=303, headers=HEADERS)


@router.post("/people/{municipality_code}/{resident_number}/copay-notices", dependencies=[OwnForm])
async def make_notice(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    valid_from: Annotated[date, Form()],
) -> Response:
    """負担割合判定通知書 of one change; it is kept with the person's letters."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "make_copay_notice", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    answer = await carry(
        gateway, session, "eligibility", f"{path}/copay-notices", {"valid_from": valid_from.isoformat()}, key=key,
        action="make_copay_notice", about=(subject,), what="作成", look="「届出と記載」を開き",
    )  # fmt: skip
    return RedirectResponse(f"{path}/acts/letters/{answer['document_id']}.pdf", status_code=303, headers=HEADERS)


def _read(typed: dict[str, str]) -> tuple[date | None, dict[str, int], dict[str, str]]:
    """The day, the receipts of each member with an amount, and what is wrong, by the name of the field."""
    errors: dict[str, str] = {}
    applied_on: date | None = None
    try:
        applied_on = parse_day(typed.get("applied_on", ""))
    except UnreadableDay as error:
        errors["applied_on"] = str(error)
    receipts: dict[str, int] = {}
    for name, value in typed.items():
        amount = value.replace(",", "").replace("，", "").strip()
        if not name.startswith("receipts_") or not amount:
            continue
        if not amount.isdecimal() or int(amount) > _LARGEST:
            errors[name] = "収入額は、円の整数で入れてください。"
        else:
            receipts[name.removeprefix("receipts_")] = int(amount)
    if not receipts and not errors:
        errors["receipts"] = "収入額を入れてください。"
    return applied_on, receipts, errors


def _show(
    request: Request,
    person: Person,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    confirm: dict[str, int] | None = None,
    applied_on: date | None = None,
) -> Response:
    status = 422 if errors else 200
    key = typed.get("key") or str(uuid4())
    return show(request, person, "receipts", status=status, typed=typed, errors=errors, confirm=confirm, applied_on=applied_on, key=key)
