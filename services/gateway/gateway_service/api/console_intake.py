"""Municipal intake on the console: sent = accepted + rejected + parked, file by file; and the municipalities and terminals themselves."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from chassis.clock import uuid7
from chassis.problems import NOT_FOUND, Problem
from contracts.primitives import require_municipality_code
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.console import Operator
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.domain import words
from gateway_service.store import intake, intake_board, municipalities, terminals
from gateway_service.store.drawn import new_password

router = APIRouter(prefix="/console", route_class=ScreenRoute, include_in_schema=False)
CODE_HOURS = 24


@router.get("/intake")
async def board(request: Request, session: Operator) -> Response:
    """The latest files and the single changes of each day, each with its equation."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        files = await intake_board.latest_files(uow.connection)
        changes = await intake_board.change_counts(uow.connection)
        sums = await intake_board.file_sums(uow.connection)
        names = await municipalities.names(uow.connection)
    return page(
        request, "console_intake.html", files=files, changes=changes, sums=sums, names=names, states=words.STATES, kinds=words.KINDS
    )


@router.get("/intake/{intake_id}")
async def file(request: Request, session: Operator, intake_id: UUID) -> Response:
    """A file: its equation and how often each error stands in it; the values are the municipality's to see, not the operator's."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        found = await intake.find_file(uow, intake_id)
        if found is None:
            raise Problem(404, *NOT_FOUND)
        errors = await intake.errors_of(uow, [intake_id])
        names = await municipalities.names(uow.connection)
    counted = Counter((error.code, error.term or error.column_name or "") for error in errors)
    return page(
        request, "console_file.html", file=found, counted=counted.most_common(), names=names, states=words.STATES, kinds=words.KINDS,
        trace_of=_trace_of(found),
    )  # fmt: skip


def _trace_of(file: dict[str, Any]) -> str:
    parts = str(file["traceparent"] or "").split("-")
    return parts[1] if len(parts) == 4 else ""


@router.get("/terminals")
async def terminal_list(request: Request, session: Operator) -> Response:
    return await _terminals(request)


async def _terminals(request: Request, *, status: int = 200, error: str = "", shown_once: tuple[str, str] | None = None) -> Response:
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        found = await terminals.all_terminals(uow.connection)
        known = await municipalities.all_municipalities(uow.connection)
    return page(request, "console_terminals.html", status=status, terminals=found, known=known, error=error, shown_once=shown_once)


@router.post("/terminals", dependencies=[OwnForm])
async def add_terminal(
    request: Request, session: Operator, name: Annotated[str, Form()] = "", municipality_code: Annotated[str, Form()] = ""
) -> Response:
    """Name a terminal and draw its registration code, which is shown once."""
    gateway = gateway_of(request)
    named = name.strip()[:80]
    if not named:
        return await _terminals(request, status=422, error="端末の名前を入力してください。")
    code = new_password()
    async with gateway.runtime.units.open() as uow:
        until = uow.now + timedelta(hours=CODE_HOURS)
        added = await terminals.add(uow.connection, uuid7(), named, municipality_code or None, code, until, session.user)
    if not added:
        return await _terminals(request, status=422, error="同じ名前の端末があります。別の名前にしてください。")
    await gateway.record(session, "operate", "done", detail=f"terminal added: {named}")
    return await _terminals(request, shown_once=(f"「{named}」の登録コード(24時間有効)", code))


@router.post("/terminals/{terminal_id}/revoke", dependencies=[OwnForm])
async def revoke_terminal(request: Request, session: Operator, terminal_id: UUID) -> Response:
    """Take a terminal out of use; sessions at it end."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        name = await terminals.revoke(uow.connection, terminal_id, uow.now)
    if name is None:
        raise Problem(404, *NOT_FOUND)
    gateway.forget_all_sessions()
    await gateway.record(session, "operate", "done", detail=f"terminal revoked: {name}")
    return RedirectResponse("/console/terminals", status_code=303, headers=HEADERS)


@router.post("/municipalities", dependencies=[OwnForm])
async def put_municipality(
    request: Request, session: Operator, code: Annotated[str, Form()] = "", name: Annotated[str, Form()] = ""
) -> Response:
    """Add a municipality, or draw a new secret for one that is there; the secret is shown once."""
    gateway = gateway_of(request)
    try:
        checked = require_municipality_code(code.strip())
    except ValueError as error:
        return await _terminals(request, status=422, error=str(error))
    secret = secrets.token_urlsafe(24)
    hashed = await asyncio.to_thread(gateway.passwords.hash, secret)
    async with gateway.runtime.units.open() as uow:
        known = await municipalities.find(uow.connection, checked)
        shown = name.strip()[:40] or (known.name if known else "")
        if not shown:
            return await _terminals(request, status=422, error="新しい市区町村には名前を入力してください。")
        await municipalities.put(uow.connection, checked, shown, hashed)
    await gateway.record(session, "operate", "done", detail=f"municipality secret: {checked}")
    return await _terminals(request, shown_once=(f"{shown}({checked})の接続用の秘密", secret))
