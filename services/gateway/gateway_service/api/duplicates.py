"""名寄せ: two records side by side, and the decision that is put before a second officer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.registers import asked
from gateway_service.domain import person_view
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/duplicates", route_class=ScreenRoute, include_in_schema=False)
Staff = Annotated[Session, allowed(Right.UNION_WORK)]
AGREEMENTS = {
    "kana_agrees": "カナ",
    "birth_agrees": "生年月日",
    "sex_agrees": "性別",
    "address_agrees": "住所",
    "earlier_address_agrees": "前住所",
}


@router.get("")
async def listing(request: Request, session: Staff, decided: bool = False, done: str = "") -> Response:
    """疑い一覧, the most alike first."""
    gateway = gateway_of(request)
    rows = await asked(gateway, session, "/duplicates", decided=str(decided).lower())
    about = tuple(dict.fromkeys(f"{row[f'{place}_code']}:{row[f'{place}_number']}" for row in rows for place in ("first", "second")))
    await gateway.record(session, "see_duplicates", "shown", about=about)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "duplicates.html", rows=rows, names=names, agreements=AGREEMENTS, decided=decided, done=done[:1])


@router.get("/{candidate_id}")
async def one(request: Request, session: Staff, candidate_id: UUID) -> Response:
    """Both people side by side; where they differ is marked."""
    gateway = gateway_of(request)
    found = await asked(gateway, session, f"/duplicates/{candidate_id}")
    about = tuple(f"{person['municipality_code']}:{person['resident_number']}" for person in found["people"])
    await gateway.record(session, "see_duplicates", "shown", about=about)
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "duplicate.html", found=found, names=names, agreements=AGREEMENTS, view=person_view, key=str(uuid4()))


@router.post("/{candidate_id}", dependencies=[OwnForm])
async def decide(
    request: Request,
    session: Staff,
    candidate_id: UUID,
    key: Annotated[UUID, Form()],
    decision: Annotated[str, Form(pattern="^(same|different)$")],
    reason: Annotated[str, Form(max_length=200)],
) -> Response:
    gateway = gateway_of(request)
    body = {"is_same": decision == "same", "reason": reason}
    await carry(
        gateway, session, "eligibility", f"/duplicates/{candidate_id}/decision", body, key=key, action="decide_duplicate", what="申請"
    )
    return RedirectResponse("/duplicates?done=1", status_code=303, headers=HEADERS)
