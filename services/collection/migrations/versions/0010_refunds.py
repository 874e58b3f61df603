"""Cases of what was paid too much (過誤納), decisions on them, heirs, accounts of payees, payments out."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0010"
down_revision = "collection_0009"
branch_labels = None
depends_on = None

ACCOUNTS = (
    "cash",
    "fee",
    "extinct_refund",
    "late_charge",
    "overpaid",
    "receivable",
    "refund_addition",
    "refund_payable",
    "transfer",
    "unidentified",
    "written_off",
)
_SUMS = """
    coalesce(sum(CASE WHEN credit = 'overpaid' THEN amount WHEN debit = 'overpaid' THEN -amount END), 0)::bigint AS overpaid,
    coalesce(sum(CASE WHEN credit = 'refund_payable' THEN amount WHEN debit = 'refund_payable' THEN -amount END), 0)::bigint AS payable
FROM money_entry WHERE (debit IN ('overpaid', 'refund_payable') OR credit IN ('overpaid', 'refund_payable'))"""
# Of one person and year by the index: a join of the view would add up everybody first.
_ITS_BALANCE = f"CROSS JOIN LATERAL (SELECT {_SUMS} AND (insured_id, fiscal_year) = (t.insured_id, t.fiscal_year)) AS b"

_TABLES = (
    "ALTER TABLE money_entry DROP CONSTRAINT money_entry_debit_check, DROP CONSTRAINT money_entry_credit_check",
    f"""
    ALTER TABLE money_entry ADD CONSTRAINT money_entry_debit_check CHECK (debit IN {ACCOUNTS}),
        ADD CONSTRAINT money_entry_credit_check CHECK (credit IN {ACCOUNTS})""",
    # What of a person and fiscal year is too much and undecided, and what is decided and not paid out yet.
    f"""
    CREATE VIEW refund_balance WITH (security_invoker = true) AS
    SELECT insured_id, fiscal_year, {_SUMS} GROUP BY insured_id, fiscal_year""",
    "CREATE INDEX money_entry_given_back ON money_entry (insured_id, fiscal_year) "
    "WHERE debit IN ('overpaid', 'refund_payable') OR credit IN ('overpaid', 'refund_payable')",
    # A case is open as long as something of the year is too much or not paid out; the triggers below open and close it.
    """
    CREATE TABLE refund_case (
        case_id uuid PRIMARY KEY,
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        found_on date NOT NULL,
        closed_on date
    )""",
    "CREATE UNIQUE INDEX refund_case_once ON refund_case (insured_id, fiscal_year) WHERE closed_on IS NULL",
    "CREATE INDEX refund_case_open ON refund_case (municipality_code, found_on) WHERE closed_on IS NULL",
    # amount: yen of the overpayment that it is about; refund_addition is paid out besides. A payee is paid by a refund of one of three
    # kinds; an appropriation and an extinction have none. limit_on: the first day on which the payee can claim it no more.
    """
    CREATE TABLE refund_decision (
        decision_id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES refund_case,
        kind text COLLATE "C" NOT NULL CHECK (kind IN ('appropriation', 'refund', 'special_refund', 'pension_return', 'extinction')),
        municipality_code text COLLATE "C" NOT NULL,
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        occasion text COLLATE "C" NOT NULL,
        legal_basis text NOT NULL CHECK (legal_basis <> ''),
        amount bigint NOT NULL CHECK (amount >= 0),
        refund_addition bigint NOT NULL CHECK (refund_addition >= 0),
        provisional text[] NOT NULL,
        payee text COLLATE "C" CHECK (payee IN ('insured', 'heirs', 'pension_payer')),
        payer_name text,
        decided_on date NOT NULL,
        limit_on date,
        approval_id uuid NOT NULL REFERENCES approval,
        transaction_id uuid NOT NULL UNIQUE,
        claim_code text COLLATE "C",
        notified_on date,
        document_sha256 text,
        by_hand boolean NOT NULL DEFAULT false,
        paid_on date,
        taken_back_on date,
        CHECK (amount + refund_addition > 0 AND (kind = 'refund' OR refund_addition = 0)),
        CHECK ((kind IN ('appropriation', 'extinction')) = (payee IS NULL)),
        CHECK ((kind = 'pension_return') = (payer_name IS NOT NULL)),
        CHECK (num_nulls(claim_code, notified_on, document_sha256) IN (0, 3)),
        CHECK (paid_on IS NULL OR (taken_back_on IS NULL AND payee IS NOT NULL))
    )""",
    "CREATE INDEX refund_decision_case ON refund_decision (case_id)",
    "CREATE UNIQUE INDEX refund_decision_claim ON refund_decision (claim_code) WHERE payee IS NOT NULL",
    "CREATE INDEX refund_decision_day ON refund_decision (municipality_code, decided_on)",
    # The payments that a decision gives back, and the debts that it is used for; frozen when it is made.
    """
    CREATE TABLE refund_part (
        decision_id uuid NOT NULL REFERENCES refund_decision,
        entry_id uuid NOT NULL REFERENCES money_entry,
        municipality_code text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        PRIMARY KEY (decision_id, entry_id)
    )""",
    "CREATE INDEX refund_part_entry ON refund_part (entry_id)",
    """
    CREATE TABLE appropriation (
        decision_id uuid NOT NULL REFERENCES refund_decision,
        fiscal_year smallint NOT NULL,
        number smallint NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        as_of date NOT NULL,
        PRIMARY KEY (decision_id, fiscal_year, number)
    )""",
    # 相続人代表者: who stands for the heirs of somebody who has died; documents: what a clerk has seen.
    """
    CREATE TABLE heir_representative (
        insured_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        name text NOT NULL,
        relationship text NOT NULL,
        postal_code text NOT NULL,
        address text[] NOT NULL CHECK (cardinality(address) > 0),
        documents text[] NOT NULL CHECK (cardinality(documents) > 0),
        approval_id uuid NOT NULL REFERENCES approval,
        confirmed_on date NOT NULL
    )""",
    # The account of a payee, as a clerk has read it from the claim and a second officer has confirmed it.
    """
    CREATE TABLE refund_account (
        decision_id uuid PRIMARY KEY REFERENCES refund_decision,
        municipality_code text COLLATE "C" NOT NULL,
        payee text COLLATE "C" NOT NULL CHECK (payee IN ('insured', 'heirs', 'pension_payer')),
        bank_code text NOT NULL,
        bank_name text NOT NULL,
        branch_code text NOT NULL,
        branch_name text NOT NULL,
        account_type smallint NOT NULL,
        account_number text NOT NULL,
        holder_kana text NOT NULL,
        approval_id uuid NOT NULL REFERENCES approval,
        confirmed_on date NOT NULL
    )""",
    # One order to pay: in the list of a run, then paid or failed; returned_on: it was paid, and the money came back. A failed one may be
    # followed by another.
    """
    CREATE TABLE refund_payment (
        run_id uuid NOT NULL,
        number integer NOT NULL,
        decision_id uuid NOT NULL REFERENCES refund_decision,
        municipality_code text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        account jsonb NOT NULL,
        pay_on date NOT NULL,
        state text COLLATE "C" NOT NULL CHECK (state IN ('planned', 'ordered', 'paid', 'failed', 'held')),
        ordered_on date,
        result_on date,
        returned_on date,
        reason text,
        entry_id uuid REFERENCES money_entry,
        PRIMARY KEY (run_id, number),
        CHECK ((entry_id IS NOT NULL) = (state = 'paid' OR returned_on IS NOT NULL)),
        CHECK (returned_on IS NULL OR state = 'failed'),
        CHECK ((state IN ('failed', 'held')) = (reason IS NOT NULL)),
        CHECK ((state IN ('paid', 'failed')) = (result_on IS NOT NULL))
    )""",
    "CREATE UNIQUE INDEX refund_payment_once ON refund_payment (decision_id) WHERE state IN ('planned', 'ordered', 'paid')",
    "CREATE INDEX refund_payment_decision ON refund_payment (decision_id)",
    # The list that goes to the bank of a municipality, on paper and as CSV, by SHA-256.
    """
    CREATE TABLE refund_payment_file (
        run_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        pay_on date NOT NULL,
        payments integer NOT NULL,
        amount bigint NOT NULL,
        csv_sha256 text NOT NULL,
        pdf_sha256 text NOT NULL,
        made_on date NOT NULL
    )""",
    "CREATE SEQUENCE refund_claim_number",
)

_FUNCTIONS = (
    # Whoever writes money, and by whichever way: the case is there when the statement ends, and is closed when nothing is left.
    f"""
CREATE FUNCTION overpayments_have_a_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO refund_case (case_id, insured_id, fiscal_year, municipality_code, found_on)
    SELECT gen_random_uuid(), t.insured_id, t.fiscal_year, t.municipality_code, t.entered_on
    FROM (
        SELECT insured_id, fiscal_year, max(municipality_code) AS municipality_code, max(entered_on) AS entered_on FROM touched
        WHERE insured_id IS NOT NULL AND credit IN ('overpaid', 'refund_payable') GROUP BY 1, 2
    ) AS t {_ITS_BALANCE}
    WHERE b.overpaid + b.payable > 0
    ON CONFLICT (insured_id, fiscal_year) WHERE closed_on IS NULL DO NOTHING;
    UPDATE refund_case c SET closed_on = t.entered_on
    FROM (
        SELECT insured_id, fiscal_year, max(entered_on) AS entered_on FROM touched
        WHERE insured_id IS NOT NULL AND debit IN ('overpaid', 'refund_payable') GROUP BY 1, 2
    ) AS t {_ITS_BALANCE}
    WHERE (c.insured_id, c.fiscal_year) = (t.insured_id, t.fiscal_year) AND c.closed_on IS NULL AND b.overpaid + b.payable = 0;
    RETURN NULL;
END $$
""",
    f"""
CREATE FUNCTION cases_close_at_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.insured_id, t.fiscal_year, b.overpaid, b.payable INTO wrong
    FROM touched t {_ITS_BALANCE}
    WHERE t.closed_on IS NOT NULL AND b.overpaid + b.payable > 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The case of % for % cannot be closed: % yen are overpaid, % yen payable.',
            wrong.insured_id, wrong.fiscal_year, wrong.overpaid, wrong.payable USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION nothing_stays_in_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT m.transaction_id, sum(CASE WHEN m.credit = 'transfer' THEN m.amount ELSE -m.amount END) AS left_over INTO wrong
    FROM money_entry m
    WHERE m.transaction_id IN (SELECT transaction_id FROM touched WHERE 'transfer' IN (debit, credit)) AND 'transfer' IN (m.debit, m.credit)
    GROUP BY 1 HAVING sum(CASE WHEN m.credit = 'transfer' THEN m.amount ELSE -m.amount END) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Transaction % leaves % yen between two fiscal years.', wrong.transaction_id, wrong.left_over
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    # A decision says what its entries in the ledger and its parts say.
    """
CREATE FUNCTION refunds_are_in_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT d.decision_id, d.amount, e.overpaid, p.parts INTO wrong
    FROM (SELECT DISTINCT decision_id FROM touched) AS t JOIN refund_decision d USING (decision_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(m.amount) FILTER (WHERE m.debit = 'overpaid'), 0) AS overpaid,
               coalesce(sum(m.amount) FILTER (WHERE m.credit = 'refund_payable'), 0) AS payable
        FROM money_entry m WHERE m.transaction_id = d.transaction_id
    ) AS e
    CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS parts FROM refund_part p WHERE p.decision_id = d.decision_id) AS p
    WHERE e.overpaid <> d.amount OR p.parts <> d.amount
       OR e.payable <> CASE WHEN d.payee IS NULL THEN 0 ELSE d.amount + d.refund_addition END LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Decision % is about % yen, its entries about % yen, its payments about % yen.',
            wrong.decision_id, wrong.amount, wrong.overpaid, wrong.parts USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
)
_TRIGGERS = (
    ("money_entry", "INSERT", "nothing_stays_in_transfer"),
    # After the others in the order of names: the lock on the assessment is held, and what does not add up has been refused.
    ("money_entry", "INSERT", "overpayments_have_a_case"),
    ("refund_case", "UPDATE", "cases_close_at_nothing"),
    ("refund_decision", "INSERT", "refunds_are_in_the_ledger"),
    ("refund_part", "INSERT", "refunds_are_in_the_ledger"),
)
_SEEN_BY_MUNICIPALITY = (
    "refund_case", "refund_decision", "refund_part", "appropriation", "heir_representative", "refund_account", "refund_payment",
    "refund_payment_file",
)  # fmt: skip


def upgrade() -> None:
    for statement in (*_TABLES, *_FUNCTIONS):
        op.execute(statement)
    for table, event, function in _TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {table}_{event.lower()}_{function} AFTER {event} ON {table} "
            f"REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    for table in ("refund_case", "refund_decision", "refund_part", "appropriation", "refund_payment"):
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()"
        )
    seen_by_municipality(op, "collection", _SEEN_BY_MUNICIPALITY)
