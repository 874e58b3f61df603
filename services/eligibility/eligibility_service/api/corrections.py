"""訂正・履歴修正・取消・番号の変更: compared before and after, then put before a second officer."""

from __future__ import annotations

from typing import Annotated, Any

from chassis import approvals
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of
from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from eligibility_service.api.correcting import compared
from eligibility_service.api.notices import known_person, require_own
from eligibility_service.domain.contents import Renumbered, Said, TakenBack
from eligibility_service.domain.entries import TERMS
from eligibility_service.domain.notices import CORRECTIONS
from eligibility_service.store import letters
from eligibility_service.store.entries import Known

READERS = ("window_clerk", "municipal_manager", "union_staff")
router = APIRouter(prefix="/people/{municipality_code}/{resident_number}/corrections", tags=["corrections"])
Clerk = Annotated[Principal, Depends(role(*READERS))]


class Correction(BaseModel):
    """What is to be corrected, and why: the reason is kept for good."""

    content: Said
    reason: str = Field(min_length=1, max_length=500)


@router.post("/preview")
async def preview(municipality_code: str, resident_number: str, correction: Correction, request: Request, who: Clerk) -> dict[str, Any]:
    """修正前後対照表 of what would be; nothing is kept."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:
        return await _what_would_be(uow, municipality_code, resident_number, correction, who.user)


@router.post("", status_code=201)
async def ask(
    municipality_code: str,
    resident_number: str,
    correction: Correction,
    request: Request,
    who: Clerk,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """Put it before a second officer; the ledger stays as it is until the approval."""
    require_own(who, municipality_code)
    body = f"{municipality_code}:{resident_number}:{correction.model_dump_json()}".encode()
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            found = await _what_would_be(uow, municipality_code, resident_number, correction, who.user)
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

        return await once(uow, who, idempotency_key, body, act)


async def _what_would_be(uow: UnitOfWork, code: str, number: str, correction: Correction, by: str) -> dict[str, Any]:
    content = correction.content
    if content.kind not in CORRECTIONS:
        raise Problem(422, "KOKI-E029", "この手続はここでは受け付けません。", "届出として受け付けてください。")
    if not correction.reason.strip():
        raise Problem(422, "KOKI-E024", "理由がありません。", "訂正・取消の理由を入れてください。")
    known = await known_person(uow, code, number)
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
