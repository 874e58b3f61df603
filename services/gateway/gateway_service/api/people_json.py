"""One person as JSON, for tools of the union: the same session, terminal, scope and log as the screens."""

from __future__ import annotations

import asyncio
from typing import Annotated

from chassis.problems import Problem
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.person import require_own
from gateway_service.domain.roles import Right
from gateway_service.store import protections
from gateway_service.store.sign_ins import Session

router = APIRouter(tags=["people"])


@router.get("/api/people/{municipality_code}/{resident_number}")
async def person(
    request: Request, session: Annotated[Session, allowed(Right.SEE_PEOPLE)], municipality_code: str, resident_number: str
) -> Response:
    """The record of eligibility, passed on as it is; without the address where it is withheld."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "see_person:json", municipality_code, resident_number)
    reply, _ = await asyncio.gather(
        gateway.upstream.ask("eligibility", f"/people/{municipality_code}/{resident_number}", session.principal),
        gateway.record(session, "see_person:json", "shown", about=(subject,)),
    )
    if reply.status == 0:
        raise Problem(503, "KOKI-S502", "いまは表示できません。", "資格サービスに接続できません。")
    if reply.ok and await protections.is_protected(gateway.runtime.engine, municipality_code, resident_number):
        known = reply.json()
        return JSONResponse({**known, "person": protections.without_address(known["person"])})
    return Response(reply.content, status_code=reply.status, media_type=reply.content_type)
