"""What is remitted of a premium (減免), and until when instalments are deferred (徴収猶予)."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0003"
down_revision = "collection_0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # annual_amount is what is charged: the premium as it was assessed, less what is remitted.
    "ALTER TABLE assessment ADD COLUMN assessed_amount bigint",
    "UPDATE assessment SET assessed_amount = annual_amount",
    "ALTER TABLE assessment ALTER COLUMN assessed_amount SET NOT NULL",
    "ALTER TABLE assessment ADD CONSTRAINT assessment_charged CHECK (annual_amount <= assessed_amount)",
    """
    CREATE TABLE remission (
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        municipality_code text NOT NULL,
        sequence integer NOT NULL,
        remitted_amount bigint NOT NULL CHECK (remitted_amount >= 0),
        PRIMARY KEY (insured_id, fiscal_year)
    )""",
    """
    CREATE TABLE deferral (
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        municipality_code text NOT NULL,
        sequence integer NOT NULL,
        numbers smallint[] NOT NULL,
        deferred_until date[] NOT NULL,
        PRIMARY KEY (insured_id, fiscal_year),
        CHECK (cardinality(numbers) = cardinality(deferred_until))
    )""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "collection", ("remission", "deferral"))
