"""二人目の確認 over HTTP: what waits for a second officer, and the decision. A service adds `approval_routes(ACTS, …)` to its routers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from chassis import approvals
from chassis.approvals import Act, Approval, WithheldFrom
from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import role, runtime_of

Officer = Annotated[Principal, Depends(role("window_clerk", "municipal_manager", "union_staff"))]


class Decision(BaseModel):
    """What the second officer decides; a refusal needs a remark."""

    approved: bool
    remark: str = Field(default="", max_length=500)


def approval_routes(acts: Mapping[str, Act], withheld: WithheldFrom) -> APIRouter:
    """The routes of a service whose acts are `acts`; `withheld` says whose address must not be shown."""
    router = APIRouter(prefix="/approvals", tags=["approvals"])

    @router.get("")
    async def listing(
        request: Request, who: Officer, state: Literal["asked", "approved", "declined", "withdrawn"] = "asked"
    ) -> list[dict[str, Any]]:
        """Acts of the asker's municipalities, the longest waiting first, with who may decide them."""
        async with runtime_of(request).units.open(seen_by=who) as uow:
            found = await approvals.listing(uow, withheld, state=state)
        return [_listed(one, acts[one.act], who) for one in found]

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
            act = acts[asked.act]
            if not who.may_see(asked.municipality_code) or not who.roles & act.deciders:
                raise Problem(403, *NOT_ALLOWED, detail=f"「{act.term}」を承認する権限がありません。")
            outcome = await act.carry_out(asked, uow) if decision.approved else None
            remark = decision.remark.strip()
            await approvals.decide(uow, approval_id, approved=decision.approved, by=who.user, remark=remark, outcome=outcome)
        return {"approval_id": approval_id, "approved": decision.approved, "outcome": outcome}

    return router


def _listed(one: Approval, act: Act, who: Principal) -> dict[str, Any]:
    may_decide = bool(who.roles & act.deciders) and one.asked_by != who.user
    about = [f"{code}:{number}" for code, number in act.about(one)]
    return {**asdict(one), "term": act.term, "shown": act.shown(one), "about": about, "may_decide": may_decide}
