"""Traces on the console: what happened to a resident from the municipal message to the card, and any trace by its id."""

from __future__ import annotations

import re
from typing import Annotated, Any

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response

from gateway_service.api.console import Operator
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm
from gateway_service.api.pages import ScreenRoute, page
from gateway_service.domain.spans import waterfall
from gateway_service.store import intake_board, municipalities, spans
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/console/traces", route_class=ScreenRoute, include_in_schema=False)
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


@router.get("")
async def latest(request: Request, session: Operator) -> Response:
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        lines = await spans.latest(uow.connection, gateway.runtime.clock.now())
    return await _list_page(request, lines=lines, title="最近の追跡")


@router.post("/search", dependencies=[OwnForm])
async def search(
    request: Request,
    session: Operator,
    municipality_code: Annotated[str, Form()] = "",
    number: Annotated[str, Form()] = "",
) -> Response:
    """By 宛名番号 (any length but 8) or 被保険者番号 (8 digits). The number travels in a form: it has no place in an address."""
    gateway = gateway_of(request)
    typed = {"municipality_code": municipality_code, "number": number.strip()[:40]}
    subject, error = await _subject(gateway, session, municipality_code, typed["number"])
    if not subject:
        return await _list_page(request, lines=[], title="", typed=typed, error=error, status=422)
    await gateway.record(session, "trace_person", "shown", about=(subject,))
    async with gateway.runtime.units.open() as uow:
        lines = await spans.about(uow.connection, [subject])
        files = await intake_board.accepted_files(uow.connection, subject.split(":")[0])
    return await _list_page(request, lines=lines, title=f"{subject} の追跡", typed=typed, files=files)


async def _subject(gateway: Gateway, session: Session, code: str, number: str) -> tuple[str, str]:
    """(`code:resident number`, "") or ("", what is wrong)."""
    if not (number.isascii() and number.isdigit() and len(number) <= 15):
        return "", "宛名番号(15桁まで)か被保険者番号(8桁)を、半角数字で入力してください。"
    if len(number) != 8:
        return f"{code}:{number}", ""
    reply = await gateway.upstream.ask("eligibility", f"/operations/insured-numbers/{number}", session.principal)
    if reply.unavailable:
        return "", "資格サービスに接続できないため、被保険者番号からは探せません。宛名番号で探してください。"
    if not reply.ok:
        return "", "この被保険者番号の人は見つかりません。番号を確かめるか、宛名番号で探してください。"
    found = reply.json()
    return f"{found['municipality_code']}:{found['resident_number']}", ""


@router.get("/{trace_id}")
async def one(request: Request, session: Operator, trace_id: str) -> Response:
    """A trace as a waterfall."""
    wanted = trace_id.strip().lower()
    if not _TRACE_ID.fullmatch(wanted):
        raise Problem(404, *NOT_FOUND, detail="追跡番号は32桁の16進数です。")
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        found = waterfall(await spans.of_trace(uow.connection, bytes.fromhex(wanted)))
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この番号の追跡はありません。追跡は2日たつと消えます。")
    return page(request, "console_trace.html", fall=found, known_services=_KNOWN)


_KNOWN = ("gateway", "eligibility", "premium", "collection", "statistics", "benefits")


async def _list_page(
    request: Request,
    *,
    lines: list[spans.TraceLine],
    title: str,
    typed: dict[str, str] | None = None,
    error: str = "",
    files: list[Any] | None = None,
    status: int = 200,
) -> Response:
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    shown = typed or {"municipality_code": "", "number": ""}
    return page(
        request, "console_traces.html", status=status, lines=lines, title=title, typed=shown, error=error, names=names, files=files or [],
        known_services=_KNOWN,
    )  # fmt: skip
