"""What was paid: the ledger of money, in which every entry moves yen from one account to another."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0004"
down_revision = "collection_0003"
branch_labels = None
depends_on = None

ACCOUNTS = (
    "cash",
    "fee",
    "late_charge",
    "overpaid",
    "receivable",
    "refund_addition",
    "refund_payable",
    "unidentified",
    "written_off",
)

_TABLES = (
    # Every entry has a debit and a credit, so that the books balance whatever is written. What is owed stands in charge_entry; an entry
    # that credits `receivable` settles an instalment, one that debits it takes the settlement back.
    f"""
    CREATE TABLE money_entry (
        entry_id uuid PRIMARY KEY,
        transaction_id uuid NOT NULL,
        debit text COLLATE "C" NOT NULL CHECK (debit IN {ACCOUNTS}),
        credit text COLLATE "C" NOT NULL CHECK (credit IN {ACCOUNTS}),
        insured_id uuid,
        fiscal_year smallint,
        number smallint,
        municipality_code text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        paid_on date NOT NULL,
        entered_on date NOT NULL,
        source text COLLATE "C" NOT NULL,
        reverses uuid UNIQUE REFERENCES money_entry,
        CHECK (debit <> credit),
        CHECK ((insured_id IS NULL) = (fiscal_year IS NULL)),
        CHECK (insured_id IS NOT NULL OR number IS NULL),
        CHECK ((number IS NOT NULL) = ('receivable' IN (debit, credit)) OR 'fee' IN (debit, credit) OR 'late_charge' IN (debit, credit)),
        CHECK (insured_id IS NOT NULL OR (debit IN ('cash', 'unidentified') AND credit IN ('cash', 'unidentified')))
    )""",
    "CREATE INDEX money_entry_instalment ON money_entry (insured_id, fiscal_year, number)",
    "CREATE INDEX money_entry_transaction ON money_entry (transaction_id)",
    # 期別 as they stand: charged = settled + unpaid for each. An instalment that was charged and taken back whole is there with 0 yen.
    """
    CREATE VIEW instalment_state WITH (security_invoker = true) AS
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
               max(paid_on) FILTER (WHERE credit = 'receivable' AND debit IN ('cash', 'unidentified')) AS last_paid_on
        FROM money_entry m
        WHERE (m.insured_id, m.fiscal_year, m.number) = (c.insured_id, c.fiscal_year, c.number)
    ) AS m ON true""",
)

# Who settles and who charges may be two at once: both lock the assessment first, so that each check sees what the other has written.
_FUNCTIONS = (
    """
CREATE FUNCTION money_stays_within_charges() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    PERFORM 1 FROM assessment a WHERE (a.insured_id, a.fiscal_year) IN (SELECT t.insured_id, t.fiscal_year FROM touched t)
    ORDER BY a.insured_id, a.fiscal_year FOR UPDATE;
    SELECT t.insured_id, t.fiscal_year, t.number, c.charged, s.settled INTO wrong
    FROM (SELECT DISTINCT insured_id, fiscal_year, number FROM touched WHERE number IS NOT NULL) AS t
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.amount), 0) AS charged FROM charge_entry e
        WHERE (e.insured_id, e.fiscal_year, e.number) = (t.insured_id, t.fiscal_year, t.number)
    ) AS c
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN m.credit = 'receivable' THEN m.amount WHEN m.debit = 'receivable' THEN -m.amount END), 0) AS settled
        FROM money_entry m WHERE (m.insured_id, m.fiscal_year, m.number) = (t.insured_id, t.fiscal_year, t.number)
    ) AS s
    WHERE s.settled NOT BETWEEN 0 AND c.charged LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Instalment % of % for %: % yen settled of % yen charged.',
            wrong.number, wrong.insured_id, wrong.fiscal_year, wrong.settled, wrong.charged USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION nothing_is_given_twice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.insured_id, t.fiscal_year, b.overpaid, b.payable INTO wrong
    FROM (SELECT DISTINCT insured_id, fiscal_year FROM touched
          WHERE insured_id IS NOT NULL AND ('overpaid' IN (debit, credit) OR 'refund_payable' IN (debit, credit))) AS t
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN m.credit = 'overpaid' THEN m.amount WHEN m.debit = 'overpaid' THEN -m.amount END), 0) AS overpaid,
               coalesce(sum(CASE WHEN m.credit = 'refund_payable' THEN m.amount WHEN m.debit = 'refund_payable' THEN -m.amount END), 0)
                   AS payable
        FROM money_entry m WHERE (m.insured_id, m.fiscal_year) = (t.insured_id, t.fiscal_year)
    ) AS b
    WHERE b.overpaid < 0 OR b.payable < 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'More is given back to % for % than was paid too much: % yen overpaid, % yen payable are left.',
            wrong.insured_id, wrong.fiscal_year, wrong.overpaid, wrong.payable USING ERRCODE = 'check_violation';
    END IF;
    SELECT t.* INTO wrong FROM touched t
    WHERE t.reverses IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM money_entry m
        WHERE m.entry_id = t.reverses AND m.reverses IS NULL AND (m.debit, m.credit, m.amount) = (t.credit, t.debit, t.amount)
          AND (m.insured_id, m.fiscal_year, m.number) IS NOT DISTINCT FROM (t.insured_id, t.fiscal_year, t.number)
    ) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The reversal % of % yen undoes no entry of that amount.', wrong.entry_id, wrong.amount
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
)


def upgrade() -> None:
    for statement in (*_TABLES, *_FUNCTIONS):
        op.execute(statement)
    for table, function in (
        ("money_entry", "money_stays_within_charges"),
        ("money_entry", "nothing_is_given_twice"),
        ("charge_entry", "money_stays_within_charges"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_insert_{function} AFTER INSERT ON {table} "
            f"REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    op.execute(
        "CREATE TRIGGER money_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON money_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()"
    )
    seen_by_municipality(op, "collection", ("money_entry",))
