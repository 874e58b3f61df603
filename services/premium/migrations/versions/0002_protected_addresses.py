"""Whose address is withheld (支援措置)."""

from __future__ import annotations

from alembic import op
from chassis.address_protection import TABLE
from chassis.row_security import seen_by_municipality

revision = "premium_0002"
down_revision = "premium_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)
    seen_by_municipality(op, "premium", ("protected_person",))
