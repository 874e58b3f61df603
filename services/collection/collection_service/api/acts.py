"""The table "act that needs a second officer → what is done when it is approved". Read it first."""

from __future__ import annotations

from typing import Final

from chassis.approval_routes import approval_routes
from chassis.approvals import Act

from collection_service.api import receipts, refund_acts
from collection_service.store import payers

OFFICERS: Final = frozenset({"window_clerk", "municipal_manager", "union_staff"})

ACTS: Final[dict[str, Act]] = {
    receipts.CANCEL: Act("窓口収納の取消し", OFFICERS, receipts.shown, receipts.carry_out),
    **refund_acts.ACTS,
}

router = approval_routes(ACTS, payers.withheld)
