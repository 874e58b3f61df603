"""Incomes for the copay rate, and the rates decided from them: the present and the history apart (infra/decisions/0010)."""

from __future__ import annotations

from alembic import op
from chassis.binary_copy import column_ddl
from chassis.row_security import seen_by_municipality
from eligibility_service.domain.copay_records import INPUT_DTYPE, RATE_DTYPE

revision = "eligibility_0005"
down_revision = "eligibility_0004"
branch_labels = None
depends_on = None

_PERSON = """
    municipality_code text COLLATE "C" NOT NULL,
    resident_number text COLLATE "C" NOT NULL"""
_DAYS = ("judged_on", "born_on", "valid_from", "valid_until", "as_of")
_RATE = column_ddl(RATE_DTYPE, days=_DAYS)
_NAMES = ", ".join(RATE_DTYPE.names or ())

_STATEMENTS = (
    # The last record of each resident and calendar year. 0 with a has_… of false is "not told", never an amount.
    f"""
    CREATE TABLE income ({_PERSON},
        income_year smallint NOT NULL,
        sequence integer NOT NULL,
        income_status smallint NOT NULL,
        public_pension_receipts bigint NOT NULL,
        salary_receipts bigint NOT NULL,
        business_income bigint NOT NULL,
        other_income bigint NOT NULL,
        capital_gains bigint NOT NULL,
        capital_gains_special_deduction bigint NOT NULL,
        loss_carried_forward bigint NOT NULL,
        total_income bigint NOT NULL,
        taxable_income bigint NOT NULL,
        gross_income bigint NOT NULL,
        tax_status smallint NOT NULL,
        dependants_under_16 smallint NOT NULL,
        dependants_16_to_18 smallint NOT NULL,
        has_total_income boolean NOT NULL,
        has_taxable_income boolean NOT NULL,
        has_gross_income boolean NOT NULL,
        has_dependants boolean NOT NULL,
        receives_welfare_pension boolean NOT NULL,
        PRIMARY KEY (municipality_code, resident_number, income_year)
    )""",
    # 基準収入額適用申請: the receipts of everybody who counts, one line each; effective_on is the first day it can lower a rate.
    f"""
    CREATE TABLE receipts_application (
        application_id uuid PRIMARY KEY,{_PERSON},
        copay_year smallint NOT NULL,
        applied_on date NOT NULL,
        effective_on date NOT NULL,
        entered_by text NOT NULL,
        entered_at timestamptz NOT NULL
    )""",
    "CREATE INDEX receipts_application_person ON receipts_application (municipality_code, resident_number)",
    f"""
    CREATE TABLE applied_receipts (
        application_id uuid NOT NULL REFERENCES receipts_application,{_PERSON},
        receipts bigint NOT NULL CHECK (receipts >= 0),
        PRIMARY KEY (application_id, municipality_code, resident_number)
    )""",
    "CREATE INDEX applied_receipts_person ON applied_receipts (municipality_code, resident_number)",
    # The frozen members of a household that a decision rests on.
    f"""
    CREATE TABLE copay_input (
        run_id uuid NOT NULL,
        {column_ddl(INPUT_DTYPE, days=_DAYS)}
    )""",
    "CREATE INDEX copay_input_household ON copay_input (run_id, household)",
    # The last decision of each insured person and copay year (August to July); valid_until is its last day.
    f"""
    CREATE TABLE copay_rate (
        {_RATE},
        recorded_from timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (copay_year, insured_id),
        CHECK (valid_from <= valid_until),
        CHECK (rate_percent IN (10, 20, 30))
    )""",
    f"""
    CREATE TABLE copay_rate_history (
        {_RATE},
        valid_during daterange NOT NULL,
        recorded_during tstzrange NOT NULL,
        CHECK (NOT isempty(valid_during) AND NOT isempty(recorded_during)),
        EXCLUDE USING gist (insured_id WITH =, valid_during WITH &&, recorded_during WITH &&)
    )""",
    f"""
    CREATE VIEW copay_rate_as_known WITH (security_invoker = true) AS
    SELECT {_NAMES}, daterange(valid_from, valid_until, '[]') AS valid_during, tstzrange(recorded_from, NULL) AS recorded_during
    FROM copay_rate
    UNION ALL SELECT {_NAMES}, valid_during, recorded_during FROM copay_rate_history""",
    # 判定保留: whose rate, or limit class, cannot be judged, since when, and why. raised: it stands on the municipality's worklist.
    f"""
    CREATE TABLE copay_wait (
        insured_id uuid NOT NULL,
        copay_year smallint NOT NULL,
        {_PERSON.strip()},
        outcome smallint NOT NULL,
        class_outcome smallint NOT NULL,
        run_id uuid NOT NULL,
        household bigint NOT NULL,
        waiting_since date NOT NULL,
        is_raised boolean NOT NULL DEFAULT false,
        PRIMARY KEY (insured_id, copay_year)
    )""",
    "CREATE INDEX copay_wait_new ON copay_wait (copay_year) WHERE NOT is_raised",
    # Households that a file has changed and that the next run judges; an empty number is the whole municipality.
    """
    CREATE TABLE copay_due (
        copay_year smallint NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        household_number text COLLATE "C" NOT NULL,
        PRIMARY KEY (copay_year, municipality_code, household_number)
    )""",
    # From which day a change counts (rules/copay/period.py has the same for a single day).
    """
    CREATE FUNCTION first_of_next_month(day date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN extract(day FROM day) = 1 THEN day ELSE (date_trunc('month', day) + interval '1 month')::date END
    $$""",
    # Who was in a household on an earlier day.
    "CREATE INDEX resident_history_household ON resident_history (municipality_code, household_number)",
)

_SCOPED = (
    "income",
    "receipts_application",
    "applied_receipts",
    "copay_input",
    "copay_rate",
    "copay_rate_history",
    "copay_wait",
    "copay_due",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", _SCOPED)
