"""The table "act that needs a second officer → what is done when it is approved". Read it first."""

from __future__ import annotations

from typing import Final

from chassis.approval_routes import approval_routes
from chassis.approvals import Act

from collection_service.api import mandate_acts, receipts, refund_acts, write_off_acts
from collection_service.store.addressing import withheld

OFFICERS: Final = frozenset({"window_clerk", "municipal_manager", "union_staff"})

ACTS: Final[dict[str, Act]] = {
    receipts.CANCEL: Act("窓口収納の取消し", OFFICERS, receipts.shown, receipts.carry_out),
    **mandate_acts.ACTS,
    **refund_acts.ACTS,
    **write_off_acts.ACTS,
}

router = approval_routes(ACTS, withheld)
