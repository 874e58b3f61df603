"""The table "act that needs a second officer → what is done when it is approved". Read it first."""

from __future__ import annotations

from typing import Final

from chassis.approval_routes import approval_routes
from chassis.approvals import Act

from eligibility_service.api import arrears_acts, correcting, deliveries, duplicates, protections, steps
from eligibility_service.domain import delivery
from eligibility_service.domain.entries import TERMS
from eligibility_service.store.registers import protected_people

OFFICERS: Final = frozenset({"window_clerk", "municipal_manager", "union_staff"})
PRIVILEGED: Final = frozenset({"municipal_manager", "union_staff"})
STAFF: Final = frozenset({"union_staff"})

ACTS: Final[dict[str, Act]] = {
    delivery.ACT: Act("送付先の登録", OFFICERS, lambda asked: delivery.shown(asked.content), deliveries.carry_out),
    delivery.END: Act("送付先の終了", OFFICERS, lambda asked: delivery.shown(asked.content), deliveries.carry_out),
    protections.END: Act("支援措置の終了", PRIVILEGED, protections.shown, protections.carry_out),
    protections.RELEASE: Act("支援措置の対象者の住所の表示", PRIVILEGED, protections.shown, protections.carry_out),
    duplicates.ACT: Act("名寄せの決定", STAFF, duplicates.shown, duplicates.carry_out, duplicates.both),
    "arrears_remedy": Act("滞納による措置の決定", STAFF, arrears_acts.shown, arrears_acts.decide_remedy),
    "short_term_card": Act("短期被保険者証の交付", STAFF, arrears_acts.shown, arrears_acts.decide_short_term),
    "corrected": Act(TERMS["corrected"], OFFICERS, correcting.shown, correcting.carry_out),
    "taken_back": Act(TERMS["taken_back"], OFFICERS, correcting.shown, correcting.carry_out),
    "amended": Act(TERMS["amended"], STAFF, correcting.shown, correcting.carry_out),
    "cancelled": Act(TERMS["cancelled"], STAFF, correcting.shown, correcting.carry_out),
    "renumbered": Act(TERMS["renumbered"], STAFF, correcting.shown, correcting.carry_out),
    **{act: Act(term, STAFF, steps.shown, steps.carry_out) for act, term in steps.TERMS.items()},
}

router = approval_routes(ACTS, protected_people)
