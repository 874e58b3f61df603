"""外字: which characters municipalities ask about, what is known of each, and the answer that lets them send the row again."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

from chassis.documents.fonts import typefaces
from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic_core import to_json

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.domain import answers
from gateway_service.domain.characters import GROUNDS, NotACharacter, codes_of, read_character
from gateway_service.domain.roles import Right
from gateway_service.store import characters, municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/characters", route_class=ScreenRoute, include_in_schema=False)
Staff = Annotated[Session, allowed(Right.UNION_WORK)]
_NO_EVIDENCE = ("KOKI-S550", "字形の手がかりがありません。")
_NOT_A_CHARACTER = ("KOKI-S551", "この文字は使えません。")


@router.get("")
async def listing(request: Request, session: Staff, done: str = "") -> Response:
    """同定依頼: the open ones first, the longest waiting first."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open(seen_by=session.principal) as uow:
        found = await characters.listing(uow)
        names = await municipalities.names(uow.connection)
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in found))
    await gateway.record(session, "see_characters", "shown", about=about)
    return page(request, "characters.html", requests=found, names=names, grounds=GROUNDS, codes_of=codes_of, done=done[:1])


@router.get("/{request_id}")
async def one(request: Request, session: Staff, request_id: UUID) -> Response:
    """One character: where it stands, what is known of it, and the forms for evidence and answer."""
    gateway = gateway_of(request)
    found = await _find(request, session, request_id)
    await gateway.record(session, "see_characters", "shown", about=(_about(found),))
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(request, "character.html", it=found, names=names, grounds=GROUNDS, codes_of=codes_of)


@router.post("/{request_id}/evidence", dependencies=[OwnForm])
async def evidence(
    request: Request,
    session: Staff,
    request_id: UUID,
    shape: Annotated[str, Form(max_length=200)] = "",
    image_reference: Annotated[str, Form(max_length=200)] = "",
    reading: Annotated[str, Form(max_length=40)] = "",
    strokes: Annotated[str, Form(pattern=r"^\d{0,2}$")] = "",
) -> Response:
    """What the municipality has said of the character by telephone or letter."""
    given = {
        "shape": shape.strip() or None,
        "image_reference": image_reference.strip() or None,
        "reading": reading.strip() or None,
        "strokes": int(strokes) if strokes and 1 <= int(strokes) <= 64 else None,
    }
    if not given["shape"] and not given["image_reference"]:
        raise Problem(422, *_NO_EVIDENCE, detail="字形の説明か、画像の番号を入れてください。")
    gateway = gateway_of(request)
    found = await _find(request, session, request_id)
    async with gateway.runtime.units.open() as uow:
        await characters.give_evidence(uow, request_id, given, by=session.user)
    await gateway.record(session, "identify_character", "done", about=(_about(found),), detail="evidence")
    return RedirectResponse(f"/characters/{request_id}", status_code=303, headers=HEADERS)


@router.post("/{request_id}/answer", dependencies=[OwnForm])
async def answer(
    request: Request,
    session: Staff,
    request_id: UUID,
    character: Annotated[str, Form(max_length=40)],
    ground: Annotated[str, Form(pattern="^(identified|substitute)$")],
    reason: Annotated[str, Form(min_length=1, max_length=200)],
) -> Response:
    """Identify the character (or choose one to stand in for it), enter it into the table, and tell the municipality to send again."""
    gateway = gateway_of(request)
    found = await _find(request, session, request_id)
    if ground == "identified" and found["evidence_at"] is None:
        raise Problem(422, *_NO_EVIDENCE, detail="同定する前に、字形の説明か画像の番号を記録してください。")
    try:
        chosen = read_character(character, await asyncio.to_thread(typefaces))
    except NotACharacter as reason_why:
        raise Problem(422, *_NOT_A_CHARACTER, detail=str(reason_why)) from reason_why
    async with gateway.runtime.units.open() as uow:
        answered = await characters.decide(uow, found, chosen, ground=ground, reason=reason.strip(), by=session.user)
        code = found["municipality_code"]
        told = [told_of(row, found["mark"], chosen, ground) for row in answered]
        if told:
            body = to_json(told[0] if len(told) == 1 else told)
            uow.send(body, exchange=answers.EXCHANGE, routing_key=code, subject=code, content_type=answers.CONTENT_TYPE)
    await gateway.record(session, "identify_character", "done", about=(_about(found),), detail=codes_of(chosen))
    return RedirectResponse("/characters?done=1", status_code=303, headers=HEADERS)


def told_of(row: Any, mark: str, character: str, ground: str) -> dict[str, Any]:
    """What a municipality reads: the place, the character, and that it may send the row again under the same history number."""
    return {
        "message_id": str(row["request_id"]),
        "state": ground,
        "errors": [],
        "resident_number": row["resident_number"],
        "history_number": row["history_number"],
        "field": row["field"],
        "position": row["position"],
        "mark": mark,
        "character": character,
        "codes": codes_of(character),
        "remedy": "同じ履歴番号で送り直してください。「●」または外字コードのままでも、この文字に置き換えて受け付けます。",
    }


async def _find(request: Request, session: Session, request_id: UUID) -> dict[str, Any]:
    async with gateway_of(request).runtime.units.open(seen_by=session.principal) as uow:
        found = await characters.one(uow, request_id)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この同定依頼はありません。")
    return found


def _about(found: dict[str, Any]) -> str:
    return f"{found['municipality_code']}:{found['resident_number']}"
