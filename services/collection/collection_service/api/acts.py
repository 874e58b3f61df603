"""The table "act that needs a second officer → what is done when it is approved". Read it first."""

from __future__ import annotations

from typing import Final

from chassis.approval_routes import approval_routes
from chassis.approvals import Act

from collection_service.api import refund_acts
from collection_service.store import refund_payees

ACTS: Final[dict[str, Act]] = {**refund_acts.ACTS}

router = approval_routes(ACTS, refund_payees.withheld)
