"""承認: acts of colleagues that wait for a second officer, and the decision on one."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import SERVICE_TERMS, carry
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/approvals", route_class=ScreenRoute, include_in_schema=False)
Officer = Annotated[Session, allowed(Right.APPROVE)]
_SERVICES: Final = ("eligibility", "premium", "collection")
"""Services with acts that need a second officer."""


@router.get("")
async def listing(request: Request, session: Officer, done: str = "") -> Response:
    """What waits, the longest waiting first; one's own acts are shown, but cannot be decided."""
    gateway = gateway_of(request)
    waiting, missing = await _waiting(gateway, session)
    await gateway.record(session, "see_approvals", "shown", about=_about(waiting))
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(
        request, "approvals.html", waiting=waiting, missing=missing, names=names, done=done if done in ("approved", "declined") else ""
    )


@router.get("/{approval_id}")
async def one(request: Request, session: Officer, approval_id: UUID) -> Response:
    """What will be done, word for word, before it is decided."""
    gateway = gateway_of(request)
    found = await _find(gateway, session, approval_id)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="すでに決定されたか、見る権限のない市区町村のものです。")
    await gateway.record(session, "see_approvals", "shown", about=_about([found]))
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "approval.html", asked=found, names=names, key=str(uuid4()))


@router.post("/{approval_id}", dependencies=[OwnForm])
async def decide(
    request: Request,
    session: Officer,
    approval_id: UUID,
    key: Annotated[UUID, Form()],
    decision: Annotated[str, Form(pattern="^(approve|decline)$")],
    remark: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    gateway = gateway_of(request)
    found = await _find(gateway, session, approval_id)
    about = _about([found]) if found else ()
    body = {"approved": decision == "approve", "remark": remark}
    path = f"/approvals/{approval_id}/decision"
    service = found["service"] if found else _SERVICES[0]
    await carry(gateway, session, service, path, body, key=key, action="approve", about=about, what="決定", look="「承認」の一覧を開き")
    return RedirectResponse(f"/approvals?done={'approved' if body['approved'] else 'declined'}", status_code=303, headers=HEADERS)


async def _waiting(gateway: Gateway, session: Session) -> tuple[list[dict[str, Any]], list[str]]:
    """What waits in each service, the longest waiting first, and the services that could not be asked."""
    replies = await asyncio.gather(*(gateway.upstream.ask(service, "/approvals", session.principal) for service in _SERVICES))
    if not any(reply.ok for reply in replies):
        raise Problem(503, "KOKI-S507", "いまは承認待ちを表示できません。", "サービスに接続できません。申請は失われていません。")
    found = [{**asked, "service": reply.service} for reply in replies if reply.ok for asked in reply.json()]
    return sorted(found, key=lambda asked: str(asked["asked_at"])), [SERVICE_TERMS[reply.service] for reply in replies if not reply.ok]


async def _find(gateway: Gateway, session: Session, approval_id: UUID) -> dict[str, Any] | None:
    waiting, _ = await _waiting(gateway, session)
    return next((asked for asked in waiting if asked["approval_id"] == str(approval_id)), None)


def _about(found: list[dict[str, Any]]) -> tuple[str, ...]:
    """Whom the acts are about, as their service says it."""
    return tuple(dict.fromkeys(person for asked in found for person in asked["about"]))
