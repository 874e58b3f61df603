"""証の送付・返戻・回収・交付簿, and who stands in the steps after arrears: the lists of the desk."""

from __future__ import annotations

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
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/desk", route_class=ScreenRoute, include_in_schema=False)
Worker = Annotated[Session, allowed(Right.SEE_WORKLIST)]
Union = Annotated[Session, allowed(Right.UNION_WORK)]


@router.get("/sending")
async def sending(request: Request, session: Worker) -> Response:
    """送付一覧: what was made and has not left the house."""
    return await _list(request, session, "sending", "/deliveries/sending", {})


@router.get("/returned")
async def returned(request: Request, session: Worker) -> Response:
    """返戻一覧, with what to do about each."""
    return await _list(request, session, "returned", "/deliveries/returned", {})


@router.get("/uncollected")
async def uncollected(request: Request, session: Worker, expired_too: str = "") -> Response:
    """未回収一覧."""
    params = {"expired_too": "true"} if expired_too else {}
    return await _list(request, session, "uncollected", "/deliveries/uncollected", params, expired_too=bool(expired_too))


@router.get("/register")
async def register(request: Request, session: Worker, first: str = "", last: str = "", kind: str = "") -> Response:
    """交付簿 from one day to another; today unless asked otherwise."""
    today = gateway_of(request).runtime.clock.today()
    days, error = (today, today), ""
    try:
        days = (parse_day(first) if first.strip() else today, parse_day(last) if last.strip() else today)
    except UnreadableDay as unreadable:
        error = str(unreadable)
    params = {"first": days[0].isoformat(), "last": days[1].isoformat(), "kind": kind if kind.isidentifier() else ""}
    return await _list(request, session, "register", "/deliveries/register", params, days=days, typed=(first[:40], last[:40]), error=error)


@router.get("/arrears")
async def arrears(request: Request, session: Worker, ended_too: str = "") -> Response:
    """資格証明書・特別療養費・短期証の対象者."""
    params = {"ended_too": "true"} if ended_too else {}
    return await _list(request, session, "arrears", "/arrears", params, ended_too=bool(ended_too))


@router.get("/print-files")
async def print_files(request: Request, session: Union, sent: str = "") -> Response:
    """印刷ファイル of the runs, and which of them have left the house."""
    return await _list(request, session, "print_files", "/print-files", {}, sent=sent if sent.isdigit() else "")


@router.post("/print-files", dependencies=[OwnForm])
async def file_sent(
    request: Request, session: Union, key: Annotated[UUID, Form()], document_key: Annotated[str, Form(max_length=200)]
) -> Response:
    gateway = gateway_of(request)
    body = {"document_key": document_key, "on": gateway.runtime.clock.today().isoformat()}
    answer = await carry(
        gateway, session, "eligibility", "/print-files/sent", body, key=key, action="send_certificates", what="発送の記録",
        look="印刷ファイルの一覧を開き",
    )  # fmt: skip
    return RedirectResponse(f"/desk/print-files?sent={answer['sent']}", status_code=303, headers=HEADERS)


async def _list(request: Request, session: Session, name: str, path: str, params: dict[str, str], **values: Any) -> Response:
    """A list of the eligibility service; whose certificates are shown is in the log before anything is."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("eligibility", path, session.principal, params=params)
    if not reply.ok:
        raise Problem(503, "KOKI-S531", "いまは証の一覧を表示できません。", "資格サービスに接続できません。記録は失われていません。")
    rows = list(reply.json())
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in rows if row.get("resident_number")))
    await gateway.record(session, f"see_certificates:{name}", "shown", about=about)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, f"desk_{name}.html", rows=rows, names=names, keys=[str(uuid4()) for _ in rows], **values)
