"""過誤納の処理のうち、二人目の確認がいるもの: what is asked, as the second officer reads it, and what its approval does."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from chassis.approvals import Act, Approval
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.api.refund_deciding import CHANGED, carry_out, take_back
from collection_service.store import refund_payees, refunds

OFFICERS: Final = frozenset({"window_clerk", "municipal_manager", "union_staff"})
DECIDE: Final = "refund_decided"
TAKE_BACK: Final = "refund_taken_back"
ACCOUNT: Final = "refund_account_confirmed"
REPRESENTATIVE: Final = "heir_representative_confirmed"


def shown(asked: Approval) -> dict[str, str]:
    """What the second officer reads, word for word as it was proposed."""
    return {term: str(text) for term, text in asked.content["shown"]}


async def confirm_account(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: the account of the payee, as long as the decision still waits for one and has the same payee."""
    raw = await driver(uow.connection)
    decision = await refunds.find(raw, UUID(asked.content["decision_id"]), lock=True)
    if decision is None:
        raise Problem(404, *NOT_FOUND)
    if decision["payment_state"] in ("planned", "ordered", "paid") or decision["taken_back_on"]:
        raise Problem(409, *CHANGED, detail="支払いの手続に入ったか、取り消された決定です。")
    await refund_payees.keep_account(raw, decision, asked.content["account"], asked.approval_id, uow.today)
    return {"decision_id": str(decision["decision_id"])}


async def confirm_representative(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: who stands for the heirs. Decisions that nobody was told of go to the heirs from now on."""
    raw = await driver(uow.connection)
    insured_id = UUID(asked.content["insured_id"])
    await refund_payees.keep_representative(
        raw, insured_id, asked.municipality_code, asked.content["representative"], asked.approval_id, uow.today
    )
    return {"insured_id": str(insured_id)}


ACTS: Final[dict[str, Act]] = {
    DECIDE: Act("過誤納の還付・充当の決定", OFFICERS, shown, carry_out),
    TAKE_BACK: Act("還付・充当の決定の取消し", OFFICERS, shown, take_back),
    ACCOUNT: Act("還付金の振込口座の登録", OFFICERS, shown, confirm_account),
    REPRESENTATIVE: Act("相続人代表者の登録", OFFICERS, shown, confirm_representative),
}
