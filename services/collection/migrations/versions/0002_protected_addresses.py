"""Whose address is withheld (支援措置), and the notices that are handed over instead of posted."""

from __future__ import annotations

from alembic import op
from chassis.address_protection import TABLE
from chassis.row_security import seen_by_municipality

revision = "collection_0002"
down_revision = "collection_0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    TABLE,
    "ALTER TABLE notice ADD COLUMN by_hand boolean NOT NULL DEFAULT false",
    # Whoever reads an address for a paper reads it here. Withheld are protected people and whoever lives in their household.
    """
    CREATE VIEW addressee_shown WITH (security_invoker = true) AS
    SELECT a.municipality_code, a.resident_number, a.status, a.name, a.address_withheld,
           CASE WHEN NOT a.address_withheld THEN a.postal_code END AS postal_code,
           CASE WHEN NOT a.address_withheld THEN a.address_prefecture END AS address_prefecture,
           CASE WHEN NOT a.address_withheld THEN a.address_municipality END AS address_municipality,
           CASE WHEN NOT a.address_withheld THEN a.address_town END AS address_town,
           CASE WHEN NOT a.address_withheld THEN a.address_number END AS address_number,
           CASE WHEN NOT a.address_withheld THEN a.address_building END AS address_building
    FROM (
        SELECT *, (municipality_code, household_number) IN (
            SELECT o.municipality_code, o.household_number
            FROM protected_person p JOIN addressee o USING (municipality_code, resident_number)
            WHERE p.valid_until IS NULL
        ) AS address_withheld FROM addressee
    ) AS a""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "collection", ("protected_person",))
