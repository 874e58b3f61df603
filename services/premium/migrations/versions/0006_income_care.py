"""Missing incomes (所得把握), remissions (減免), deferrals (徴収猶予)."""

from __future__ import annotations

from alembic import op
from chassis.approvals import TABLE as APPROVAL
from chassis.row_security import seen_by_municipality

revision = "premium_0006"
down_revision = "premium_0005"
branch_labels = None
depends_on = None

_STATEMENTS = (
    *APPROVAL,
    # Since when somebody lives here: who came after 1 January is taxed by another municipality. Empty in records from before this column.
    "ALTER TABLE resident ADD COLUMN resident_since date",
    # 簡易申告: an income that was declared at the window. A municipality that does not know of it does not undo it.
    "ALTER TABLE income ADD COLUMN is_declaration boolean NOT NULL DEFAULT false",
    # 情報照会: `by_window` when a clerk has entered it, else the municipality has said 照会中. Each ends once, with what came of it.
    """
    CREATE TABLE income_inquiry (
        inquiry_id uuid PRIMARY KEY,
        resident bigint NOT NULL REFERENCES resident,
        income_year smallint NOT NULL,
        municipality_code text NOT NULL,
        by_window boolean NOT NULL,
        asked_by text NOT NULL,
        asked_on date NOT NULL,
        ended_on date,
        ending text CHECK (ending IN ('answered', 'undeclared_there', 'declared_here', 'mistaken')),
        ended_by text,
        CHECK (num_nulls(ended_on, ending, ended_by) IN (0, 3))
    )""",
    "CREATE UNIQUE INDEX income_inquiry_open ON income_inquiry (resident, income_year) WHERE ended_on IS NULL",
    "CREATE INDEX income_inquiry_municipality ON income_inquiry (municipality_code, income_year)",
    # A named officer lets premiums be decided although an income is still being inquired; another one has approved it.
    """
    CREATE TABLE income_override (
        resident bigint NOT NULL REFERENCES resident,
        income_year smallint NOT NULL,
        municipality_code text NOT NULL,
        approval_id uuid NOT NULL REFERENCES approval,
        PRIMARY KEY (resident, income_year)
    )""",
    """
    CREATE TABLE simple_declaration (
        declaration_id uuid PRIMARY KEY,
        resident bigint NOT NULL REFERENCES resident,
        municipality_code text NOT NULL,
        income_year smallint NOT NULL,
        declared_on date NOT NULL,
        declarant text NOT NULL,
        relationship text NOT NULL,
        amounts jsonb NOT NULL,
        evidence text[] NOT NULL CHECK (cardinality(evidence) > 0),
        remark text NOT NULL,
        taken_by text NOT NULL,
        taken_at timestamptz NOT NULL
    )""",
    "CREATE INDEX simple_declaration_resident ON simple_declaration (resident, income_year)",
    # Whose income is not known, in which state, since when. `gap`: codes of rules/income_gaps.py.
    """
    CREATE TABLE income_gap (
        resident bigint NOT NULL REFERENCES resident,
        income_year smallint NOT NULL,
        municipality_code text NOT NULL,
        gap smallint NOT NULL,
        since date NOT NULL,
        closed_on date,
        PRIMARY KEY (resident, income_year)
    )""",
    "CREATE INDEX income_gap_open ON income_gap (municipality_code, income_year, gap, since) WHERE closed_on IS NULL",
    # The morning check of a municipality: everybody concerned by reason (a code of rules/income_gaps.py → persons).
    """
    CREATE TABLE income_check (
        run_id uuid NOT NULL,
        municipality_code text NOT NULL,
        income_year smallint NOT NULL,
        checked_on date NOT NULL,
        concerned bigint NOT NULL,
        reasons jsonb NOT NULL,
        newly_found bigint NOT NULL,
        PRIMARY KEY (run_id, municipality_code)
    )""",
    "CREATE INDEX income_check_municipality ON income_check (municipality_code, income_year, checked_on)",
    # 税情報取込結果: what a file of incomes held and what was written of it, persons and yen by kind of income.
    """
    CREATE TABLE income_file (
        batch_id uuid PRIMARY KEY,
        municipality_code text NOT NULL,
        generation integer NOT NULL,
        complete_as_of date,
        sent bigint,
        rejected bigint,
        parked bigint,
        sealed bigint NOT NULL,
        overtaken bigint NOT NULL,
        written bigint NOT NULL,
        sealed_totals jsonb NOT NULL,
        unwritten_totals jsonb NOT NULL,
        written_totals jsonb NOT NULL,
        loaded_at timestamptz NOT NULL
    )""",
    "CREATE INDEX income_file_municipality ON income_file (municipality_code, loaded_at)",
    """
    CREATE TABLE premium_application (
        application_id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('remission', 'deferral')),
        insured_id uuid NOT NULL,
        municipality_code text NOT NULL,
        resident_number text NOT NULL,
        fiscal_year smallint NOT NULL,
        applied_on date NOT NULL,
        content jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('received', 'granted', 'refused', 'withdrawn', 'revoked')),
        taken_by text NOT NULL,
        taken_at timestamptz NOT NULL,
        decided_on date,
        decision jsonb,
        approval_id uuid REFERENCES approval,
        CHECK ((state IN ('granted', 'refused', 'revoked')) = (decision IS NOT NULL)),
        CHECK (num_nulls(decided_on, decision, approval_id) IN (0, 3))
    )""",
    "CREATE INDEX premium_application_person ON premium_application (municipality_code, resident_number)",
    "CREATE INDEX premium_application_open ON premium_application (municipality_code, taken_at) WHERE state = 'received'",
    """
    CREATE TABLE remission (
        application_id uuid PRIMARY KEY REFERENCES premium_application,
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        municipality_code text NOT NULL,
        first_month date NOT NULL,
        end_month date NOT NULL,
        numerator bigint NOT NULL,
        denominator bigint NOT NULL,
        of_income_levy boolean NOT NULL,
        left_floored_to bigint NOT NULL,
        revoked_on date,
        CHECK (first_month < end_month AND 0 < numerator AND numerator <= denominator)
    )""",
    "CREATE INDEX remission_person ON remission (insured_id, fiscal_year)",
    # Months of one person are remitted once.
    """
    ALTER TABLE remission ADD CONSTRAINT remission_once
    EXCLUDE USING gist (insured_id WITH =, daterange(first_month, end_month) WITH &&) WHERE (revoked_on IS NULL)""",
    # What the remissions of a person take off the premium of a fiscal year, appended whenever it changes; the last one counts.
    """
    CREATE TABLE remission_effect (
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        sequence integer NOT NULL,
        municipality_code text NOT NULL,
        assessment_id uuid NOT NULL,
        annual_amount bigint NOT NULL,
        remitted_amount bigint NOT NULL CHECK (remitted_amount BETWEEN 0 AND annual_amount),
        decided_on date NOT NULL,
        PRIMARY KEY (insured_id, fiscal_year, sequence)
    )""",
    # Until when instalments are deferred, by decision; the last one of a person and fiscal year counts.
    """
    CREATE TABLE deferral_effect (
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        sequence integer NOT NULL,
        municipality_code text NOT NULL,
        deferred jsonb NOT NULL,
        decided_on date NOT NULL,
        PRIMARY KEY (insured_id, fiscal_year, sequence)
    )""",
)
_SEEN_BY_MUNICIPALITY = (
    "approval", "income_inquiry", "income_override", "simple_declaration", "income_gap", "income_check", "income_file",
    "premium_application", "remission", "remission_effect", "deferral_effect",
)  # fmt: skip


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "premium", _SEEN_BY_MUNICIPALITY)
