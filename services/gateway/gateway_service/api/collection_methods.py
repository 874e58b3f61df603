"""納付方法変更の申出: taken in on the page of a person's instalments, and withdrawn there."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm
from gateway_service.api.pages import HEADERS, ScreenRoute
from gateway_service.api.person import TakesNotices, require_own
from gateway_service.api.registers import PERSON, day_of

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
REQUESTS = f"{PERSON}/instalments/transfer-requests"


@router.post(REQUESTS, dependencies=[OwnForm])
async def ask_for_transfer(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    asked_on: Annotated[str, Form()],
    in_group: Annotated[bool, Form()] = False,
) -> Response:
    """Bank transfer instead of the pension, from the next decision on."""
    gateway, action = gateway_of(request), "ask_for_transfer"
    subject = await require_own(gateway, session, action, municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    body = {"asked_on": day_of(asked_on, term="申出日"), "in_group": in_group}
    await carry(gateway, session, "collection", f"{path}/transfer-requests", body, key=key, action=action, about=(subject,), what="受付")
    return RedirectResponse(f"{path}/instalments?done=1", status_code=303, headers=HEADERS)


@router.post(f"{REQUESTS}/{{request_id}}/withdrawal", dependencies=[OwnForm])
async def withdraw(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    request_id: UUID,
    key: Annotated[UUID, Form()],
    withdrawn_on: Annotated[str, Form()],
) -> Response:
    """The pension again, from the next start month after the decision."""
    gateway, action = gateway_of(request), "withdraw_transfer"
    subject = await require_own(gateway, session, action, municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    body = {"withdrawn_on": day_of(withdrawn_on, term="取下げ日")}
    answered = f"{path}/transfer-requests/{request_id}/withdrawal"
    await carry(gateway, session, "collection", answered, body, key=key, action=action, about=(subject,), what="受付")
    return RedirectResponse(f"{path}/instalments?done=1", status_code=303, headers=HEADERS)
