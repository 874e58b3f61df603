"""特別徴収の情報交換: the board of the twelve steps, for union staff and operators; counts and yen, no person."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from chassis.problems import Problem
from fastapi import APIRouter, Request, Response

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.pages import ScreenRoute, page
from gateway_service.domain.pension_steps import countdown, steps_of
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)


@router.get("/pension-board")
async def union_board(request: Request, session: Annotated[Session, allowed(Right.UNION_WORK)]) -> Response:
    return await _board(request, session)


@router.get("/console/pensions")
async def operators_board(request: Request, session: Annotated[Session, allowed(Right.OPERATE)]) -> Response:
    return await _board(request, session)


async def _board(request: Request, session: Session) -> Response:
    """Every cycle with its cut-off and steps, the latest first; what was refused, and what waits for a person."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("collection", "/pension-exchange", session.principal)
    if not reply.ok:
        raise Problem(
            503, "KOKI-S503", "いまは特別徴収の状況を表示できません。",
            "徴収サービスに接続できません。しばらく待って、もう一度開いてください。"
        )  # fmt: skip
    found = reply.json()
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    today = date.fromisoformat(found["today"])
    shown = [(cycle, steps_of(cycle, found["payments"], names, today=today), countdown(cycle["days_left"])) for cycle in found["cycles"]]
    return page(
        request, "pension_board.html", shown=shown, payments=found["payments"], refused=found["refused"], open_work=found["open_work"],
        names=names, as_of=today,
    )  # fmt: skip
