"""二人目の確認: what waits for a second officer, and the decision."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import role, runtime_of
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from eligibility_service.api.acts import ACTS
from eligibility_service.store import approvals
from eligibility_service.store.approvals import Approval

router = APIRouter(prefix="/approvals", tags=["approvals"])
Officer = Annotated[Principal, Depends(role("window_clerk", "municipal_manager", "union_staff"))]


class Decision(BaseModel):
    """What the second officer decides; a refusal needs a remark."""

    approved: bool
    remark: str = Field(default="", max_length=500)


@router.get("")
async def listing(
    request: Request, who: Officer, state: Literal["asked", "approved", "declined", "withdrawn"] = "asked"
) -> list[dict[str, Any]]:
    """Acts of the asker's municipalities, the longest waiting first, with who may decide them."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await approvals.listing(uow, state=state)
    return [_listed(one, who) for one in found]


def _listed(one: Approval, who: Principal) -> dict[str, Any]:
    act = ACTS[one.act]
    may_decide = bool(who.roles & act.deciders) and one.asked_by != who.user
    return {**asdict(one), "term": act.term, "shown": act.shown(one), "may_decide": may_decide}


@router.post("/{approval_id}/decision")
async def decide(approval_id: UUID, decision: Decision, request: Request, who: Officer) -> dict[str, Any]:
    """Approve, which carries the act out in the same transaction, or decline with a remark."""
    if not decision.approved and not decision.remark.strip():
        raise Problem(422, "KOKI-E010", "差し戻す理由がありません。", "申請した人が直せるように、理由を入れてください。")
    async with runtime_of(request).units.open() as uow:
        try:
            asked = await approvals.take(uow, approval_id, by=who.user)
        except approvals.NotOpen as error:
            raise Problem(404, *NOT_FOUND, detail="すでに決定されたか、存在しません。") from error
        except approvals.OwnAct as error:
            raise Problem(409, "KOKI-E011", "自分の申請は承認できません。", "別の職員が確かめて、承認してください。") from error
        act = ACTS[asked.act]
        if not who.may_see(asked.municipality_code) or not who.roles & act.deciders:
            raise Problem(403, *NOT_ALLOWED, detail=f"「{act.term}」を承認する権限がありません。")
        outcome = await act.carry_out(asked, uow) if decision.approved else None
        await approvals.decide(uow, approval_id, approved=decision.approved, by=who.user, remark=decision.remark.strip(), outcome=outcome)
    return {"approval_id": approval_id, "approved": decision.approved, "outcome": outcome}
