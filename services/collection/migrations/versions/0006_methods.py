"""How a premium is collected (徴収方法): pensions, care premiums, requests for bank transfer, and the decision for each payment."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0006"
down_revision = "collection_0005"
branch_labels = None
depends_on = None

_DECISION = """
    insured_id uuid NOT NULL,
    fiscal_year smallint NOT NULL,
    month smallint NOT NULL CHECK (month IN (2, 4, 6, 8, 10, 12)),
    sequence integer NOT NULL CHECK (sequence > 0),
    municipality_code text COLLATE "C" NOT NULL,
    decided_on date NOT NULL,
    method text COLLATE "C" NOT NULL CHECK (method IN ('ordinary', 'special', 'awaited')),
    reason smallint NOT NULL,
    request_kind smallint NOT NULL,
    premium_payment bigint NOT NULL CHECK (premium_payment >= 0),
    care_is_known boolean NOT NULL,
    care_payment bigint NOT NULL CHECK (care_payment >= 0),
    pension_payment bigint NOT NULL CHECK (pension_payment >= 0),
    most bigint NOT NULL CHECK (most >= 0),
    starts integer NOT NULL,
    stops boolean NOT NULL,
    basic_pension_number text COLLATE "C",
    pension_code text COLLATE "C",
    CHECK ((basic_pension_number IS NULL) = (pension_code IS NULL)),
    CHECK (care_is_known OR care_payment = 0),
    CHECK (NOT (stops AND method = 'special'))
"""
_STATEMENTS = (
    # What the pension payers said last of each pension; kind is rules.pensions.PensionKind.
    """
    CREATE TABLE pension (
        insured_id uuid NOT NULL,
        basic_pension_number text COLLATE "C" NOT NULL CHECK (length(basic_pension_number) = 10),
        pension_code text COLLATE "C" NOT NULL CHECK (length(pension_code) = 4),
        collector_code text COLLATE "C" NOT NULL,
        kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 5),
        year_amount bigint NOT NULL CHECK (year_amount >= 0),
        payment_amount bigint NOT NULL CHECK (payment_amount >= 0),
        is_paid boolean NOT NULL,
        bears_care boolean NOT NULL,
        captured_on date NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        PRIMARY KEY (insured_id, basic_pension_number, pension_code)
    )""",
    "CREATE INDEX pension_municipality ON pension (municipality_code)",
    # payment_amount is NULL until the care insurer has said it: unknown is not zero.
    """
    CREATE TABLE care_premium (
        insured_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        is_ours boolean NOT NULL,
        is_special boolean NOT NULL,
        payment_amount bigint CHECK (payment_amount >= 0),
        as_of date NOT NULL
    )""",
    """
    CREATE TABLE transfer_request (
        request_id uuid PRIMARY KEY,
        insured_id uuid NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        asked_on date NOT NULL,
        in_group boolean NOT NULL,
        withdrawn_on date CHECK (withdrawn_on >= asked_on),
        recorded_by text NOT NULL,
        withdrawn_by text,
        CHECK ((withdrawn_on IS NULL) = (withdrawn_by IS NULL))
    )""",
    "CREATE UNIQUE INDEX transfer_request_open ON transfer_request (insured_id) WHERE withdrawn_on IS NULL",
    "CREATE INDEX transfer_request_person ON transfer_request (insured_id)",
    f"CREATE TABLE collection_method ({_DECISION}, PRIMARY KEY (insured_id, fiscal_year, month)) WITH (fillfactor = 90)",
    "CREATE INDEX collection_method_special ON collection_method (insured_id, fiscal_year) WHERE method <> 'ordinary'",
    "CREATE INDEX collection_method_payment ON collection_method (municipality_code, fiscal_year, month)",
    # Every decision that another has replaced; the trigger below writes it, whoever replaces.
    f"CREATE TABLE collection_method_replaced ({_DECISION}, PRIMARY KEY (insured_id, fiscal_year, month, sequence))",
    # What premium was told of a year: from which due day its time limit counts.
    """
    CREATE TABLE year_method (
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        method text COLLATE "C" NOT NULL CHECK (method IN ('ordinary', 'special')),
        first_due_on date NOT NULL,
        sequence integer NOT NULL CHECK (sequence > 0),
        PRIMARY KEY (insured_id, fiscal_year)
    )""",
    """
CREATE FUNCTION replaced_decisions_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO collection_method_replaced SELECT * FROM replaced;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION decisions_follow_each_other() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.insured_id, t.fiscal_year, t.month, t.sequence INTO wrong FROM touched t
    WHERE t.sequence <> 1 + coalesce((
        SELECT max(r.sequence) FROM collection_method_replaced r
        WHERE (r.insured_id, r.fiscal_year, r.month) = (t.insured_id, t.fiscal_year, t.month)
    ), 0) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Decision % about % for payment %-% does not follow the one before it.',
            wrong.sequence, wrong.insured_id, wrong.fiscal_year, wrong.month USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    # A decision is replaced by a new row (DELETE, then INSERT): so it is COPYed in, and each statement is checked as a whole.
    "CREATE TRIGGER collection_method_deleted AFTER DELETE ON collection_method "
    "REFERENCING OLD TABLE AS replaced FOR EACH STATEMENT EXECUTE FUNCTION replaced_decisions_are_kept()",
    "CREATE TRIGGER collection_method_inserted AFTER INSERT ON collection_method "
    "REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION decisions_follow_each_other()",
    "CREATE TRIGGER collection_method_stays BEFORE UPDATE OR TRUNCATE ON collection_method "
    "FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()",
    "CREATE TRIGGER collection_method_replaced_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON collection_method_replaced "
    "FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    tables = ("pension", "care_premium", "transfer_request", "collection_method", "collection_method_replaced", "year_method")
    seen_by_municipality(op, "collection", tables)
