"""過誤納: the worklist of cases, one case with the payments behind it, and what a clerk proposes."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from chassis.commands import Clerk, Command, Key
from chassis.database import driver
from chassis.problems import Problem
from chassis.web import once, runtime_of
from fastapi import APIRouter, Request
from pydantic import Field

from collection_service.api import refund_acts, refund_deciding
from collection_service.api.refund_asking import ask, require_none_waiting, required_case, required_decision
from collection_service.api.refund_reading import case_shown, worklist_row
from collection_service.domain.refunds import RefundKind
from collection_service.store import refund_cases, refunds

router = APIRouter(tags=["refunds"])
_FAULTY = ("KOKI-C143", "過誤納の処理の申請に誤りがあります。")


class Proposal(Command):
    """What would be done with the overpayment.

    `corrected_on`: the day of the declaration or of the tax office's notice, where an income that was corrected is why the premium is
    lower. `payer_name`: the pension payer to whom a deduction goes back; `pension_to_heirs`: the heirs have a right to it (未支給年金).
    """

    kind: Literal["refund", "special_refund", "pension_return", "extinction"]
    reason: str = Field(min_length=1, max_length=120)
    corrected_on: date | None = None
    payer_name: str | None = Field(default=None, min_length=1, max_length=40)
    pension_to_heirs: bool = False


class Revocation(Command):
    """Why a decision is taken back."""

    reason: str = Field(min_length=1, max_length=120)


@router.get("/refund-cases")
async def worklist(request: Request, who: Clerk) -> list[dict[str, Any]]:
    """過誤納の一覧: the open cases of the asker's municipalities, the longest waiting first, with age, next step and limitation."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        raw = await driver(uow.connection)
        found = await refund_cases.open_ones(raw, limit=300)
        decisions = await refunds.of_cases(raw, [case.case_id for case in found])
        return [await worklist_row(uow, case, [one for one in decisions if one["case_id"] == case.case_id]) for case in found]


@router.get("/refund-cases/{case_id}")
async def one(case_id: UUID, request: Request, who: Clerk) -> dict[str, Any]:
    """One case: the payments behind it, the debts of the person, what was decided, and what became of each decision."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await case_shown(uow, await required_case(uow, case_id, who))


@router.get("/people/{municipality_code}/{resident_number}/refund-cases")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """Every case of a person, the newest first; nothing for somebody whom the asker may not see."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await refund_cases.of_person(await driver(uow.connection), municipality_code, resident_number)
        return [await case_shown(uow, case) for case in found]


@router.post("/refund-cases/{case_id}/proposal", status_code=201)
async def propose(case_id: UUID, proposal: Proposal, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """Put before a second officer what would be done with the overpayment, worked out as of today."""
    async with runtime_of(request).units.open() as uow:
        case = await required_case(uow, case_id, who)

        async def act() -> dict[str, Any]:
            kind = RefundKind(proposal.kind)
            if (kind is RefundKind.PENSION_RETURN) != (proposal.payer_name is not None):
                raise Problem(422, *_FAULTY, detail="年金保険者の名称は、年金保険者への返納のときに入れてください。")
            if proposal.corrected_on is not None and (kind is not RefundKind.REFUND or proposal.corrected_on > uow.today):
                raise Problem(422, *_FAULTY, detail="所得の修正の日は、還付のときに、今日までの日を入れてください。")
            if proposal.pension_to_heirs and kind is not RefundKind.REFUND:
                raise Problem(422, *_FAULTY, detail="死亡後に年金から徴収した分を相続人に還付するのは、還付のときだけです。")
            await require_none_waiting(uow, "case_id", case_id)
            made = await refund_deciding.worked_out(uow, case, kind, proposal.corrected_on, pension_to_heirs=proposal.pension_to_heirs)
            shown = refund_deciding.shown_of(case, made, proposal.corrected_on, proposal.payer_name, today=uow.today)
            content = {"case_id": str(case_id), **proposal.model_dump(mode="json", exclude={"reason"}), "shown": list(shown.items())}
            return await ask(uow, refund_acts.DECIDE, case, content, proposal.reason, who)

        return await once(uow, who, idempotency_key, f"{request.url.path} {proposal.model_dump_json()}".encode(), act)


@router.post("/refund-decisions/{decision_id}/taking-back", status_code=201)
async def ask_to_take_back(decision_id: UUID, revocation: Revocation, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """取消し of a decision that is not paid: a second officer decides."""
    async with runtime_of(request).units.open() as uow:
        decision, case = await required_decision(uow, decision_id, who)

        async def act() -> dict[str, Any]:
            refund_deciding.require_unpaid(decision)
            await require_none_waiting(uow, "decision_id", decision_id)
            shown = {
                "取り消す決定": f"{RefundKind(decision['kind']).term} {decision['amount']:,}円",
                "決定の日": decision["decided_on"].isoformat(),
            }
            content = {"decision_id": str(decision_id), "shown": list(shown.items())}
            return await ask(uow, refund_acts.TAKE_BACK, case, content, revocation.reason, who)

        return await once(uow, who, idempotency_key, f"{request.url.path} {revocation.model_dump_json()}".encode(), act)
