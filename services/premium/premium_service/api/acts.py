"""The table "act that needs a second officer → what is done when it is approved". Read it first."""

from __future__ import annotations

from typing import Final

from chassis.approval_routes import approval_routes
from chassis.approvals import Act

from premium_service.api import application_acts, income_care
from premium_service.store import people

OFFICERS: Final = frozenset({"window_clerk", "municipal_manager", "union_staff"})
STAFF: Final = frozenset({"union_staff"})

ACTS: Final[dict[str, Act]] = {
    income_care.OVERRIDE: Act("照会中の所得による保険料の決定", OFFICERS, income_care.shown, income_care.carry_out),
    application_acts.REVOKE: Act(application_acts.TERMS[application_acts.REVOKE], STAFF, application_acts.shown, application_acts.revoke),
    **{
        act: Act(term, STAFF, application_acts.shown, application_acts.carry_out)
        for act, term in application_acts.TERMS.items()
        if act != application_acts.REVOKE
    },
}

router = approval_routes(ACTS, people.withheld)
