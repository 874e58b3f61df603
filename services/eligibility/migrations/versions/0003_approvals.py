"""Acts that need a second officer."""

from __future__ import annotations

from alembic import op
from chassis.approvals import TABLE
from chassis.row_security import seen_by_municipality

revision = "eligibility_0003"
down_revision = "eligibility_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in TABLE:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("approval",))
