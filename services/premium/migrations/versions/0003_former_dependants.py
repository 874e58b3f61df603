"""被用者保険の被扶養者であった者: what eligibility knows of it; a person without a line is not known, which is not no."""

from __future__ import annotations

from alembic import op

revision = "premium_0003"
down_revision = "premium_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE former_dependant (
        insured_id uuid PRIMARY KEY,
        joined_on date NOT NULL,
        was_dependant boolean,
        sequence integer NOT NULL
    )""")
