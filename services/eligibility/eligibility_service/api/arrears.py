"""滞納による措置: who stands where in its steps, the explanation, the decision before a second officer, and the hand-over."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import obstore
from chassis import approvals
from chassis.problems import NOT_FOUND, Problem
from chassis.process import OutOfTurn
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of
from contracts.events.eligibility import CertificateKind
from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, Field

from eligibility_service.api.certificates import READERS, insured_today, issue_now, require_own
from eligibility_service.api.registering import WITHHELD
from eligibility_service.documents.printing import print_one
from eligibility_service.domain.arrears import ENDING_TERMS, STEP_TERMS, Declined, Ending, Explained, StatusIssued, Step
from eligibility_service.domain.certificates import IssueReason
from eligibility_service.rules.arrears import Remedy
from eligibility_service.store import arrears, registers
from eligibility_service.store.certificates import Wanted

router = APIRouter(tags=["arrears"])
Reader = Annotated[Principal, Depends(role(*READERS))]
Union = Annotated[Principal, Depends(role("union_staff"))]
REMEDY, SHORT_TERM = "arrears_remedy", "short_term_card"
"""Acts that a second officer of the union decides."""
_PERSON = "/people/{municipality_code}/{resident_number}/arrears"


@router.get("/arrears")
async def listing(request: Request, who: Reader, ended_too: bool = False) -> list[dict[str, Any]]:
    """対象者一覧 (資格証明書・特別療養費・短期証)."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_shown(row) for row in await arrears.listing(uow, ended_too=ended_too)]


@router.get(_PERSON)
async def one(municipality_code: str, resident_number: str, request: Request, who: Reader) -> dict[str, Any]:
    """Where one person stands, with the letters that were sent."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await arrears.of_person(uow, municipality_code, resident_number)
        remedy = arrears.remedy_today(uow)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この方の滞納の情報は届いていません。")
    return {**_shown(found), "remedy_today": remedy}


class Explanation(BaseModel):
    """弁明: what the person says, and whether the officer finds special circumstances in it."""

    text: str = Field(min_length=1, max_length=500)
    is_special: bool = False


@router.post(f"{_PERSON}/explanation")
async def explain(municipality_code: str, resident_number: str, said: Explanation, request: Request, who: Reader) -> dict[str, Any]:
    """弁明を受け付ける; special circumstances end the steps."""
    async with runtime_of(request).units.open() as uow:
        found = await _own(uow, municipality_code, resident_number, who)
        await _step(uow, found, Explained(uow.today, said.text.strip(), said.is_special))
        return await _again(uow, municipality_code, resident_number)


class Decided(BaseModel):
    """What a second officer is asked to decide, and why."""

    act: Literal["arrears_remedy", "short_term_card"]
    reason: str = Field(min_length=1, max_length=500)


@router.post(f"{_PERSON}/approval", status_code=201)
async def ask(
    municipality_code: str,
    resident_number: str,
    decided: Decided,
    request: Request,
    who: Reader,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """Put the remedy, or a short-term card, before the union; nothing is done yet."""
    told = f"arrears:{municipality_code}:{resident_number}:{decided.model_dump_json()}".encode()
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            found = await _own(uow, municipality_code, resident_number, who)
            allowed = (Step.TO_DECIDE,) if decided.act == REMEDY else (Step.WATCHED, Step.NOTICED, Step.TO_DECIDE)
            gone = decided.act == SHORT_TERM and arrears.remedy_today(uow) is not Remedy.STATUS_CERTIFICATE
            if found["step"] not in allowed or gone:
                raise _out_of_turn(found["step"])
            content = {
                "insured_id": str(found["insured_id"]),
                "unpaid_amount": found["unpaid_amount"],
                "oldest_due_on": found["oldest_due_on"].isoformat() if found["oldest_due_on"] else "",
                "explanation": found["explanation"],
                "remedy": arrears.remedy_today(uow).value,
            }
            approval_id = await approvals.ask(
                uow, act=decided.act, municipality_code=municipality_code, resident_number=resident_number, content=content,
                reason=decided.reason.strip(), by=who.user,
            )  # fmt: skip
            return {"approval_id": str(approval_id)}

        return await once(uow, who, idempotency_key, told, act)


@router.post(f"{_PERSON}/end")
async def end(municipality_code: str, resident_number: str, request: Request, who: Union) -> dict[str, Any]:
    """The union decides against it: no remedy."""
    async with runtime_of(request).units.open() as uow:
        found = await _own(uow, municipality_code, resident_number, who)
        await _step(uow, found, Declined(uow.today))
        return await _again(uow, municipality_code, resident_number)


@router.post(f"{_PERSON}/status-certificate", status_code=201)
async def hand_over(
    municipality_code: str,
    resident_number: str,
    request: Request,
    who: Reader,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """資格証明書の交付 at the window: only after the union's approval and the return of the card, and only while the law knows it."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            insured = await insured_today(uow, municipality_code, resident_number)
            found = await _own(uow, municipality_code, resident_number, who)
            if found["step"] != Step.RETURNED or found["approval_id"] is None:
                detail = f"いまの段階は「{STEP_TERMS[Step(found['step'])]}」です。承認と証の返還を確かめてください。"
                raise Problem(409, "KOKI-E044", "資格証明書を交付できる段階ではありません。", detail)
            if arrears.remedy_today(uow) is not Remedy.STATUS_CERTIFICATE:
                raise Problem(409, "KOKI-E047", "資格証明書は令和6年12月1日で終わりました。", "特別療養費の通知を行ってください。")
            await _step(uow, found, StatusIssued(uow.today))
            made = await issue_now(uow, insured, Wanted(reason=IssueReason.ARREARS), by=who.user, by_post=False)
            assert made["kind"] == CertificateKind.STATUS_CERTIFICATE
            return made

        return await once(uow, who, idempotency_key, f"status:{municipality_code}:{resident_number}".encode(), act)


@router.get(f"{_PERSON}/letters/{{letter_id}}/document")
async def letter(municipality_code: str, resident_number: str, letter_id: UUID, request: Request, who: Reader) -> Response:
    """The exact letter that was made for a step."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await arrears.letter_file(uow, municipality_code, resident_number, letter_id)
        protected = await registers.protected_people(uow, [(municipality_code, resident_number)], on=uow.today)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この通知は作られていないか、見る権限のない市区町村のものです。")
    if found["shows_address"] and protected:
        raise Problem(409, *WITHHELD, detail="住所を書いた通知のため、開けません。支援措置の対象の方です。")
    content = bytes(await (await obstore.get_async(runtime.store, found["document_key"])).bytes_async())
    return Response(content, media_type="application/pdf", headers={"Cache-Control": "no-store"})


async def _own(uow: UnitOfWork, municipality_code: str, resident_number: str, who: Principal) -> dict[str, Any]:
    require_own(who, municipality_code)
    found = await arrears.of_person(uow, municipality_code, resident_number)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この方の滞納の情報は届いていません。")
    return found


async def _step(uow: UnitOfWork, found: dict[str, Any], event: Any) -> None:
    try:
        await arrears.take_step(uow, found["insured_id"], event, print_one)
    except OutOfTurn as error:
        raise _out_of_turn(found["step"]) from error


def _out_of_turn(step: str) -> Problem:
    return Problem(
        409, "KOKI-E045", "この段階ではできません。", f"いまの段階は「{STEP_TERMS[Step(step)]}」です。画面を開き直してください。"
    )


async def _again(uow: UnitOfWork, municipality_code: str, resident_number: str) -> dict[str, Any]:
    return _shown(await arrears.of_person(uow, municipality_code, resident_number) or {})


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    ending = ENDING_TERMS[Ending(found["ending"])] if found["ending"] else ""
    return {**found, "step_term": STEP_TERMS[Step(found["step"])], "ending_term": ending}
