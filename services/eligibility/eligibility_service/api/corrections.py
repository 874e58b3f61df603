"""訂正・履歴修正・取消・番号の変更: compared before and after, put before a second officer, and compared again once recorded."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis import approvals
from chassis.clock import JAPAN
from chassis.commands import Clerk, Command, Key, carried_out
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of
from contracts.eras import format_day
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from eligibility_service.api.about_person import known_of, known_person, require_own
from eligibility_service.api.correcting import compared
from eligibility_service.documents.comparison.build import TITLE
from eligibility_service.documents.printing import print_one
from eligibility_service.domain.contents import Renumbered, Said, TakenBack
from eligibility_service.domain.entries import TERMS, Entry
from eligibility_service.domain.notices import CORRECTIONS
from eligibility_service.store import corrected, entry_log, letters, needs
from eligibility_service.store.entries import Known

KIND: Final = "comparison"
router = APIRouter(prefix="/people/{municipality_code}/{resident_number}/corrections", tags=["corrections"])


class Correction(BaseModel):
    """What is to be corrected, and why: the reason is kept for good."""

    content: Said
    reason: str = Field(min_length=1, max_length=500)


@router.post("/preview")
async def preview(municipality_code: str, resident_number: str, correction: Correction, request: Request, who: Clerk) -> dict[str, Any]:
    """修正前後対照表 of what would be; nothing is kept."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:
        return await _what_would_be(uow, await known_person(uow, municipality_code, resident_number), correction, who.user)


@router.post("", status_code=201)
async def ask(
    municipality_code: str,
    resident_number: str,
    correction: Correction,
    request: Request,
    who: Clerk,
    idempotency_key: Key,
) -> dict[str, Any]:
    """Put it before a second officer; the ledger stays as it is until the approval."""
    require_own(who, municipality_code)
    person = municipality_code, resident_number

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        found = await _what_would_be(uow, known, correction, who.user)
        approval_id = await approvals.ask(
            uow,
            act=correction.content.kind,
            municipality_code=municipality_code,
            resident_number=resident_number,
            content={"content": correction.content.model_dump(mode="json"), **found},
            reason=correction.reason.strip(),
            by=who.user,
        )
        return {"approval_id": str(approval_id), **found}

    return await carried_out(request, who, person, idempotency_key, correction, known_of, act)


@router.get("/{entry_id}")
async def recorded(municipality_code: str, resident_number: str, entry_id: UUID, request: Request, who: Clerk) -> dict[str, Any]:
    """修正前後対照表 of what was recorded: what the ledger said just before it, and since."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:
        entry = await _entry(uow, municipality_code, resident_number, entry_id)
        lines = await corrected.before_and_after(uow, entry)
        asked_by, approved_by = await corrected.officers(uow, entry)
    return {
        "entry_id": str(entry_id),
        "term": entry.term,
        "effective_on": entry.effective_on.isoformat(),
        "reason": entry.reason,
        "recorded_at": entry.recorded_at.isoformat(),
        "asked_by": asked_by,
        "approved_by": approved_by,
        "lines": [{**asdict(line), "differs": line.differs} for line in lines],
    }


@router.post("/{entry_id}/document", status_code=201)
async def document(
    municipality_code: str, resident_number: str, entry_id: UUID, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """The same on paper, read back and kept with the letters of the person; the same Idempotency-Key gives the same paper."""
    require_own(who, municipality_code)
    person = municipality_code, resident_number

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        entry = await _entry(uow, *person, entry_id)
        held = await letters.qualification(uow, *person, None)
        asked_by, approved_by = await corrected.officers(uow, entry)
        table = {
            "term": entry.term,
            "name": known.record["name"],
            "insured_number": held["insured_number"] if held else "",
            "effective_on": entry.effective_on,
            "reason": entry.reason,
            "recorded_at": _moment(entry.recorded_at.astimezone(JAPAN)),
            "asked_by": asked_by,
            "approved_by": approved_by,
            "lines": tuple((line.subject, line.before, line.after) for line in await corrected.before_and_after(uow, entry)),
            "issued_on": uow.today,
            "issuer": (await needs.settings(uow)).insurer_name,
        }
        printed = await asyncio.to_thread(print_one, KIND, [table])
        if printed.pdf is None:
            raise Problem(422, "KOKI-E090", "対照表を作れません。", printed.refusals[0] or "")
        document_id = await letters.keep(
            uow, *person, printed.pdf, kind=KIND, by=who.user, entry_id=entry_id, insured_id=None, shows_address=False
        )
        return {"document_id": str(document_id), "kind": KIND, "title": TITLE}

    return await carried_out(request, who, person, idempotency_key, Command(), known_of, act)


def _moment(at: datetime) -> str:
    return f"{format_day(at.date())} {at:%H:%M}"


async def _entry(uow: UnitOfWork, code: str, number: str, entry_id: UUID) -> Entry:
    """An entry of this person."""
    found = next((entry for entry in await entry_log.of_person(uow, code, number) if entry.entry_id == entry_id), None)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この方に、この記載はありません。")
    return found


async def _what_would_be(uow: UnitOfWork, known: Known, correction: Correction, by: str) -> dict[str, Any]:
    content, (code, number) = correction.content, known.person
    if content.kind not in CORRECTIONS:
        raise Problem(422, "KOKI-E029", "この手続はここでは受け付けません。", "届出として受け付けてください。")
    if not correction.reason.strip():
        raise Problem(422, "KOKI-E024", "理由がありません。", "訂正・取消の理由を入れてください。")
    if isinstance(content, Renumbered):
        held = await letters.qualification(uow, code, number, content.insured_id)
        if held is None or held["insured_number"] != content.old_number:
            raise Problem(404, *NOT_FOUND, detail="この番号の資格がありません。画面を開き直してください。")
        return {"compared": []}
    found: dict[str, Any] = {"compared": compared(uow, known, code, number, content, by=by, reason=correction.reason)}
    if isinstance(content, TakenBack):
        found["entry"] = _entry_in_words(known, content)
    return found


def _entry_in_words(known: Known, content: TakenBack) -> str:
    entry = next(one for one in known.entries if one.entry_id == content.entry_id)
    return f"{TERMS[entry.content.kind]}（{entry.effective_on.isoformat()}）"
