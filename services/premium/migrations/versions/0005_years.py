"""Several fiscal years, the time limit (期間制限), causes of decisions, provisional assessment (仮算定), ledgers that were made."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "premium_0005"
down_revision = "premium_0004"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE assessed_year (fiscal_year smallint PRIMARY KEY, opened_on date NOT NULL);
INSERT INTO assessed_year SELECT fiscal_year, min(decided_on) FROM assessment GROUP BY 1;
CREATE TABLE household_revised (
    household_id bigint NOT NULL REFERENCES household,
    fiscal_year smallint NOT NULL,
    revised_at timestamptz NOT NULL,
    PRIMARY KEY (household_id, fiscal_year)
);
CREATE INDEX household_revised_at ON household_revised (fiscal_year, revised_at);
ALTER TABLE household DROP COLUMN revised_at;
ALTER TABLE household_due ADD COLUMN since date NOT NULL DEFAULT '-infinity';
CREATE TABLE assessment_cause (
    assessment_id uuid NOT NULL,
    message_id uuid NOT NULL,
    event_type text NOT NULL,
    effective_on date NOT NULL,
    PRIMARY KEY (assessment_id, message_id)
);
CREATE TABLE collection_method (
    insured_id uuid NOT NULL,
    fiscal_year smallint NOT NULL,
    method text NOT NULL CHECK (method IN ('ordinary', 'special')),
    first_due_on date NOT NULL,
    sequence integer NOT NULL,
    PRIMARY KEY (insured_id, fiscal_year)
);
CREATE TABLE limited_assessment (
    insured_id uuid NOT NULL,
    fiscal_year smallint NOT NULL,
    entry smallint NOT NULL,
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('increase_not_made', 'decrease_not_made', 'special_refund', 'settled')),
    found_on date NOT NULL,
    amount_in_force bigint NOT NULL CHECK (amount_in_force >= 0),
    amount_right bigint NOT NULL CHECK (amount_right >= 0),
    method text NOT NULL,
    method_said boolean NOT NULL,
    first_due_on date NOT NULL,
    closed_on date NOT NULL,
    basis text NOT NULL,
    run_id uuid NOT NULL,
    household bigint NOT NULL,
    PRIMARY KEY (insured_id, fiscal_year, entry)
);
CREATE TABLE run_difference (
    run_id uuid NOT NULL,
    insured_id uuid NOT NULL,
    municipality_code char(6) NOT NULL,
    fiscal_year smallint NOT NULL,
    household bigint NOT NULL,
    reasons smallint NOT NULL,
    amount_before bigint NOT NULL,
    amount_after bigint NOT NULL,
    PRIMARY KEY (run_id, fiscal_year, insured_id)
);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    seen_by_municipality(op, "premium", ("limited_assessment", "run_difference"))
    of_the_decision = "EXISTS (SELECT FROM assessment a WHERE a.assessment_id = assessment_cause.assessment_id)"
    seen_by_municipality(op, "premium", ("assessment_cause",), using=of_the_decision)
