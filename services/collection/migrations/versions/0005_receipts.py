"""Receipts, the files that they come in, and what a second officer decides."""

from __future__ import annotations

from alembic import op
from chassis.approvals import TABLE as APPROVAL
from chassis.row_security import seen_by_municipality

revision = "collection_0005"
down_revision = "collection_0004"
branch_labels = None
depends_on = None

_TABLES = (
    *APPROVAL,
    # A file is here only when it was applied, whole: what it says of itself is what became of its receipts, to the yen.
    """
    CREATE TABLE receipt_file (
        file_id uuid PRIMARY KEY,
        kind text COLLATE "C" NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        business_day date NOT NULL,
        sha256 text COLLATE "C" NOT NULL UNIQUE CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        stated_count integer NOT NULL CHECK (stated_count >= 0),
        stated_amount bigint NOT NULL CHECK (stated_amount >= 0),
        settled bigint NOT NULL CHECK (settled >= 0),
        overpaid bigint NOT NULL CHECK (overpaid >= 0),
        unidentified bigint NOT NULL CHECK (unidentified >= 0),
        repeated bigint NOT NULL CHECK (repeated >= 0),
        repeated_count integer NOT NULL CHECK (repeated_count >= 0),
        applied_on date NOT NULL,
        CONSTRAINT receipt_file_adds_up CHECK (stated_amount = settled + overpaid + unidentified + repeated)
    )""",
    "CREATE INDEX receipt_file_day ON receipt_file (municipality_code, kind, business_day)",
    """
    CREATE TABLE receipt_file_expected (
        kind text COLLATE "C" NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        business_day date NOT NULL,
        PRIMARY KEY (municipality_code, kind, business_day)
    )""",
    # A file that came and was refused: nothing of it was applied, and its day stays open until one is.
    """
    CREATE TABLE receipt_file_refusal (
        refusal_id uuid PRIMARY KEY,
        kind text COLLATE "C" NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        business_day date NOT NULL,
        sha256 text COLLATE "C" NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        refused_on date NOT NULL
    )""",
    "CREATE INDEX receipt_file_refusal_day ON receipt_file_refusal (municipality_code, kind, business_day)",
    # As its source told it; what became of it stands in money_entry, whose transaction it is.
    """
    CREATE TABLE receipt (
        receipt_id uuid PRIMARY KEY,
        source text COLLATE "C" NOT NULL CHECK (source IN ('counter', 'bank', 'convenience', 'pension', 'transfer')),
        reference text COLLATE "C" NOT NULL CHECK (reference <> ''),
        municipality_code text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        paid_on date NOT NULL,
        insured_id uuid,
        fiscal_year smallint,
        number smallint,
        taken_on date NOT NULL,
        file_id uuid REFERENCES receipt_file DEFERRABLE INITIALLY DEFERRED,
        UNIQUE (source, reference),
        CHECK (paid_on <= taken_on),
        CHECK (insured_id IS NOT NULL OR (fiscal_year IS NULL AND number IS NULL)),
        CHECK (fiscal_year IS NOT NULL OR number IS NULL)
    )""",
    "CREATE INDEX receipt_person ON receipt (insured_id, fiscal_year) WHERE insured_id IS NOT NULL",
    "CREATE INDEX receipt_of_file ON receipt (file_id) WHERE file_id IS NOT NULL",
    """
    CREATE TABLE receipt_cancellation (
        receipt_id uuid PRIMARY KEY REFERENCES receipt,
        municipality_code text COLLATE "C" NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        cancelled_on date NOT NULL
    )""",
    # 確認済み: somebody has looked at a receipt that is on the exceptions list, and says why it stays as it is.
    """
    CREATE TABLE receipt_review (
        receipt_id uuid PRIMARY KEY REFERENCES receipt,
        municipality_code text COLLATE "C" NOT NULL,
        remark text NOT NULL CHECK (remark <> ''),
        reviewed_by text NOT NULL,
        reviewed_on date NOT NULL
    )""",
    # Once reversed, as before; but an index that holds every entry that reverses nothing is read whole by whoever asks for those.
    "ALTER TABLE money_entry DROP CONSTRAINT money_entry_reverses_key",
    "CREATE UNIQUE INDEX money_entry_reversed_once ON money_entry (reverses) WHERE reverses IS NOT NULL",
    "CREATE INDEX money_entry_unidentified ON money_entry (municipality_code, transaction_id) WHERE 'unidentified' IN (debit, credit)",
    "CREATE INDEX money_entry_overpaid ON money_entry (municipality_code, insured_id, fiscal_year) WHERE 'overpaid' IN (debit, credit)",
    # What is overpaid stands in the ledger, where it is known whether anybody had paid: the yen by which a charge was lowered say no more.
    "ALTER TABLE assessment DROP COLUMN overcharged",
    # As in 0004, but a payment that was taken back is no last payment.
    """
    CREATE OR REPLACE VIEW instalment_state WITH (security_invoker = true) AS
    SELECT c.insured_id, c.fiscal_year, c.number, c.municipality_code, c.month, c.due_on, c.charged,
           coalesce(m.settled, 0) AS settled, coalesce(m.written_off, 0) AS written_off, c.charged - coalesce(m.settled, 0) AS unpaid,
           m.last_paid_on
    FROM (
        SELECT insured_id, fiscal_year, number, (array_agg(municipality_code ORDER BY revision DESC))[1] AS municipality_code,
               (array_agg(month ORDER BY revision DESC))[1] AS month, (array_agg(due_on ORDER BY revision DESC))[1] AS due_on,
               sum(amount)::bigint AS charged
        FROM charge_entry GROUP BY 1, 2, 3
    ) AS c
    LEFT JOIN LATERAL (
        SELECT sum(CASE WHEN credit = 'receivable' THEN amount WHEN debit = 'receivable' THEN -amount ELSE 0 END)::bigint AS settled,
               sum(CASE WHEN debit = 'written_off' THEN amount WHEN credit = 'written_off' THEN -amount ELSE 0 END)::bigint AS written_off,
               max(paid_on) FILTER (
                   WHERE credit = 'receivable' AND debit IN ('cash', 'unidentified')
                   AND NOT EXISTS (SELECT FROM money_entry r WHERE r.reverses = m.entry_id)
               ) AS last_paid_on
        FROM money_entry m
        WHERE (m.insured_id, m.fiscal_year, m.number) = (c.insured_id, c.fiscal_year, c.number)
    ) AS m ON true""",
)

# A receipt is written after its entries, in the same transaction: the ledger holds every yen of it, and a file every yen of its receipts.
_FUNCTIONS = (
    """
CREATE FUNCTION receipts_are_entered_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.source, t.reference, t.amount, e.entered INTO wrong
    FROM touched t CROSS JOIN LATERAL (
        SELECT coalesce(sum(m.amount), 0) AS entered FROM money_entry m
        WHERE m.transaction_id = t.receipt_id AND m.debit = 'cash' AND m.reverses IS NULL
    ) AS e WHERE e.entered <> t.amount LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Receipt % of % is % yen, the ledger holds % yen of it.', wrong.reference, wrong.source, wrong.amount, wrong.entered
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION files_are_applied_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.file_id, t.stated_count, t.stated_amount, t.repeated_count, t.repeated, r.receipts, r.yen INTO wrong
    FROM touched t CROSS JOIN LATERAL (
        SELECT count(*) AS receipts, coalesce(sum(amount), 0) AS yen FROM receipt WHERE receipt.file_id = t.file_id
    ) AS r
    WHERE (r.receipts + t.repeated_count, r.yen + t.repeated) IS DISTINCT FROM (t.stated_count, t.stated_amount) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'File % states % receipts of % yen; % of % yen were applied, % of % yen were there before.', wrong.file_id,
            wrong.stated_count, wrong.stated_amount, wrong.receipts, wrong.yen, wrong.repeated_count, wrong.repeated
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION nobody_is_identified_twice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    IF NOT EXISTS (SELECT FROM touched WHERE debit = 'unidentified') THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM receipt r WHERE r.receipt_id IN (SELECT t.transaction_id FROM touched t WHERE t.debit = 'unidentified')
    ORDER BY r.receipt_id FOR UPDATE;
    SELECT t.transaction_id, b.left_over INTO wrong
    FROM (SELECT DISTINCT transaction_id FROM touched WHERE debit = 'unidentified') AS t
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN m.credit = 'unidentified' THEN m.amount WHEN m.debit = 'unidentified' THEN -m.amount END), 0)
            AS left_over
        FROM money_entry m WHERE m.transaction_id = t.transaction_id
    ) AS b
    WHERE b.left_over < 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'More of % was identified than came in: % yen are left.', wrong.transaction_id, wrong.left_over
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
)
_STAYS = ("receipt", "receipt_file", "receipt_cancellation", "receipt_file_refusal", "receipt_review")


def upgrade() -> None:
    for statement in (*_TABLES, *_FUNCTIONS):
        op.execute(statement)
    for table, function in (
        ("receipt", "receipts_are_entered_whole"),
        ("receipt_file", "files_are_applied_whole"),
        ("money_entry", "nobody_is_identified_twice"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_insert_{function} AFTER INSERT ON {table} "
            f"REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    for table in _STAYS:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()"
        )
    seen_by_municipality(op, "collection", ("approval", "receipt_file_expected", *_STAYS))
