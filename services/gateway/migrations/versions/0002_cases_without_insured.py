"""A case may be about a resident who is not insured, or not yet."""

from __future__ import annotations

from alembic import op

revision = "gateway_0002"
down_revision = "gateway_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE work_item ALTER COLUMN insured_id DROP NOT NULL")
