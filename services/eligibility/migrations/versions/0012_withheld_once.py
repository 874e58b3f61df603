"""Whether an address is withheld is asked once for a person, not once for each column of the address: a read plans and runs less."""

from alembic import op

revision = "eligibility_0012"
down_revision = "eligibility_0011"
branch_labels = None
depends_on = None

_SHOWN = (
    "municipality_code", "resident_number", "sequence", "household_number", "relationship", "status", "change_reason", "changed_on",
    "notified_on", "name", "name_kana", "sex", "born_on", "born_on_unknown_text", "resident_since", "ended_on", "acquires_on",
    "recorded_from",
)  # fmt: skip
_WITHHELD = ("postal_code", "address_prefecture", "address_municipality", "address_town", "address_number", "address_building")

# OFFSET 0 keeps the question apart: without it the planner writes it into each of the seven columns that depend on it.
_SHOW = f"""
CREATE OR REPLACE VIEW resident_shown WITH (security_invoker = true) AS
SELECT {", ".join(f"r.{name}" for name in _SHOWN)}, p.address_withheld,
       {", ".join(f"CASE WHEN NOT p.address_withheld THEN r.{name} END AS {name}" for name in _WITHHELD)}
FROM resident r CROSS JOIN LATERAL (
    SELECT (r.municipality_code, r.household_number) IN (
        SELECT o.municipality_code, o.household_number FROM address_protection a
        JOIN resident o USING (municipality_code, resident_number)
        WHERE upper_inf(a.recorded_during) AND upper_inf(a.valid_during)
    ) OR (r.municipality_code, r.resident_number) IN (
        SELECT a.municipality_code, a.resident_number FROM address_protection a
        WHERE upper_inf(a.recorded_during) AND upper_inf(a.valid_during)
    ) AS address_withheld
    OFFSET 0
) AS p"""


def upgrade() -> None:
    op.execute(_SHOW)
