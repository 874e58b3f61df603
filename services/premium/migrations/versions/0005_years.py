"""Several fiscal years, the time limit (期間制限), causes of decisions, provisional assessment (仮算定), ledgers that were made."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "premium_0005"
down_revision = "premium_0004"
branch_labels = None
depends_on = None

_TABLES = """
CREATE INDEX assessment_run ON assessment USING brin (run_id);
CREATE TABLE assessed_year (fiscal_year smallint PRIMARY KEY, opened_on date NOT NULL);
INSERT INTO assessed_year SELECT fiscal_year, min(decided_on) FROM assessment GROUP BY 1;
CREATE TABLE household_revised (
    household_id bigint NOT NULL REFERENCES household,
    fiscal_year smallint NOT NULL,
    revised_at timestamptz NOT NULL,
    PRIMARY KEY (household_id, fiscal_year)
);
CREATE INDEX household_revised_of_year ON household_revised (fiscal_year, revised_at);
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
CREATE TABLE provisional_assessment (
    run_id uuid NOT NULL,
    insured_id uuid NOT NULL,
    municipality_code char(6) NOT NULL,
    fiscal_year smallint NOT NULL,
    household bigint NOT NULL,
    income_year smallint NOT NULL,
    outcome smallint NOT NULL,
    year_amount bigint NOT NULL,
    months smallint NOT NULL,
    amount bigint NOT NULL,
    law_hash char(64) NOT NULL,
    PRIMARY KEY (run_id, insured_id)
);
CREATE TABLE provisional_year (fiscal_year smallint PRIMARY KEY, run_id uuid NOT NULL);
CREATE TABLE made_ledger (
    run_id uuid PRIMARY KEY,
    kind text NOT NULL,
    form text NOT NULL,
    municipality_code text NOT NULL,
    asked jsonb NOT NULL,
    place text NOT NULL,
    rows bigint NOT NULL,
    yen bigint NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    made_at timestamptz
);
CREATE TABLE ledger_line (
    run_id uuid NOT NULL,
    row bigint NOT NULL,
    municipality_code text NOT NULL,
    insured_id uuid NOT NULL,
    fiscal_year smallint NOT NULL,
    revision smallint NOT NULL,
    yen bigint NOT NULL,
    PRIMARY KEY (run_id, row)
);
CREATE TABLE ledger_file (
    run_id uuid NOT NULL REFERENCES made_ledger,
    number integer NOT NULL,
    municipality_code text NOT NULL,
    document_key text NOT NULL,
    document_sha256 text NOT NULL,
    rows bigint NOT NULL,
    yen bigint NOT NULL,
    pages integer,
    marked integer NOT NULL,
    PRIMARY KEY (run_id, number)
);
CREATE INDEX assessment_decided_on ON assessment (decided_on) WHERE revision > 1;
"""

_SEEN = ("limited_assessment", "run_difference", "provisional_assessment", "made_ledger", "ledger_line", "ledger_file")


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    seen_by_municipality(op, "premium", _SEEN)
    of_the_decision = "EXISTS (SELECT FROM assessment a WHERE a.assessment_id = assessment_cause.assessment_id)"
    seen_by_municipality(op, "premium", ("assessment_cause",), using=of_the_decision)
