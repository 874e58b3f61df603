"""Bank accounts from which premiums are taken, debits and their files, payment slips, and what convenience stores tell."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0008"
down_revision = "collection_0007"
branch_labels = None
depends_on = None

_TABLES = (
    # What somebody has sent us: the bytes lie in the object store under their SHA-256, and nothing of them is applied by being here.
    """
    CREATE TABLE arrived_file (
        sha256 text COLLATE "C" PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        kind text COLLATE "C" NOT NULL,
        municipality_code text COLLATE "C",
        size bigint NOT NULL CHECK (size > 0),
        arrived_by text NOT NULL,
        arrived_at timestamptz NOT NULL
    )""",
    """
    CREATE TABLE bank_branch (
        bank_code text COLLATE "C" NOT NULL CHECK (bank_code ~ '^[0-9]{4}$'),
        branch_code text COLLATE "C" NOT NULL CHECK (branch_code ~ '^[0-9]{3}$'),
        bank_name text NOT NULL,
        bank_kana text NOT NULL,
        branch_name text NOT NULL,
        branch_kana text NOT NULL,
        PRIMARY KEY (bank_code, branch_code)
    )""",
    # A mandate hangs on the resident and not on the qualification: neither a change of scheme nor of 被保険者番号 can lose it. Of two on
    # one day nobody would know which account is meant. Behind each stand two officers: an approval, or a run that another than its
    # starter approved.
    """
    CREATE TABLE bank_mandate (
        mandate_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        bank_code text COLLATE "C" NOT NULL,
        branch_code text COLLATE "C" NOT NULL,
        account_kind text COLLATE "C" NOT NULL CHECK (account_kind IN ('1', '2', '4', '9')),
        account_number text COLLATE "C" NOT NULL CHECK (account_number ~ '^[0-9]{7}$'),
        holder_kana text NOT NULL CHECK (holder_kana <> '' AND char_length(holder_kana) <= 30),
        valid_during daterange NOT NULL CHECK (NOT lower_inf(valid_during)),
        applied_on date NOT NULL,
        origin text COLLATE "C" NOT NULL CHECK (origin IN ('application', 'carried_over')),
        approval_id uuid REFERENCES approval,
        run_id uuid,
        ended_because text,
        CHECK (num_nonnulls(approval_id, run_id) = 1),
        CHECK ((origin = 'carried_over') = (run_id IS NOT NULL)),
        CONSTRAINT bank_mandate_one_a_day
            EXCLUDE USING gist (municipality_code WITH =, resident_number WITH =, valid_during WITH &&)
    )""",
    """
    CREATE TABLE debit_file (
        sha256 text COLLATE "C" PRIMARY KEY,
        run_id uuid NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        bank_code text COLLATE "C" NOT NULL,
        consignor_code text COLLATE "C" NOT NULL,
        due_on date NOT NULL,
        debits integer NOT NULL CHECK (debits > 0),
        amount bigint NOT NULL CHECK (amount > 0),
        made_on date NOT NULL,
        results_kind text COLLATE "C" NOT NULL,
        results_due_on date NOT NULL,
        results_sha256 text COLLATE "C" UNIQUE,
        results_on date,
        CHECK ((results_sha256 IS NULL) = (results_on IS NULL))
    )""",
    "CREATE INDEX debit_file_day ON debit_file (municipality_code, bank_code, due_on)",
    """
    CREATE TABLE debit (
        debit_id uuid PRIMARY KEY,
        run_id uuid NOT NULL,
        position integer NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        number smallint NOT NULL CHECK (number BETWEEN 1 AND 99),
        due_on date NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        mandate_id uuid NOT NULL REFERENCES bank_mandate,
        bank_code text COLLATE "C" NOT NULL,
        mandate_kind text COLLATE "C" NOT NULL CHECK (mandate_kind IN ('0', '1', '2')),
        customer_number text COLLATE "C" NOT NULL UNIQUE CHECK (customer_number ~ '^[0-9]{20}$'),
        state text COLLATE "C" NOT NULL CHECK (state IN ('planned', 'sent', 'overtaken', 'paid', 'failed')),
        file_sha256 text COLLATE "C" REFERENCES debit_file,
        result_code text COLLATE "C",
        UNIQUE (run_id, position),
        CHECK ((state IN ('sent', 'paid', 'failed')) = (file_sha256 IS NOT NULL)),
        CHECK ((state IN ('paid', 'failed')) = (result_code IS NOT NULL)),
        CHECK ((state = 'paid') = (result_code IS NOT DISTINCT FROM '0'))
    )""",
    "CREATE UNIQUE INDEX debit_once ON debit (insured_id, fiscal_year, number) WHERE state IN ('planned', 'sent', 'paid')",
    "CREATE INDEX debit_of_file ON debit (file_sha256) WHERE file_sha256 IS NOT NULL",
    "CREATE INDEX debit_of_mandate ON debit (mandate_id)",
    "CREATE INDEX debit_of_instalment ON debit (insured_id, fiscal_year, number)",
    """
    CREATE TABLE slip (
        slip_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id uuid NOT NULL,
        letter integer NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        number smallint NOT NULL CHECK (number BETWEEN 1 AND 99),
        month smallint NOT NULL,
        due_on date NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        failed_debit_id uuid REFERENCES debit,
        reissued boolean NOT NULL,
        state text COLLATE "C" NOT NULL CHECK (state IN ('planned', 'issued', 'refused', 'overtaken')),
        usable_until date,
        slip_code text COLLATE "C" UNIQUE CHECK (slip_code ~ '^[0-9]{44}$'),
        issued_on date,
        document_sha256 text COLLATE "C",
        page integer,
        cover_page integer,
        by_hand boolean NOT NULL DEFAULT false,
        refusal text,
        CHECK ((state = 'issued') = (num_nulls(usable_until, issued_on, document_sha256, page, cover_page) = 0)),
        CHECK ((state = 'refused') = (refusal IS NOT NULL))
    )""",
    "CREATE INDEX slip_run ON slip (run_id, letter)",
    "CREATE UNIQUE INDEX slip_planned_once ON slip (insured_id, fiscal_year, number) WHERE state = 'planned'",
    "CREATE INDEX slip_person ON slip (municipality_code, resident_number, fiscal_year)",
    # 速報 is what somebody has told us, 確報 what stands: only that is entered in the ledger of money.
    """
    CREATE TABLE convenience_payment (
        municipality_code text COLLATE "C" NOT NULL,
        payment_number text COLLATE "C" NOT NULL,
        slip_code text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        paid_on date NOT NULL,
        announced_on date,
        confirmed_on date,
        taken_back_on date,
        PRIMARY KEY (municipality_code, payment_number),
        CHECK (num_nonnulls(announced_on, confirmed_on, taken_back_on) > 0)
    )""",
    "CREATE INDEX convenience_payment_slip ON convenience_payment (slip_code)",
    # How each instalment is paid: one answer for notices, debits, slips and lists. From an account where a mandate holds on the due day and
    # the bank has not failed to take it. The mandate is one with the municipality that has charged; 宛名番号 of another may be the same.
    """
    CREATE VIEW instalment_method WITH (security_invoker = true) AS
    SELECT s.insured_id, s.fiscal_year, s.number, s.municipality_code, a.resident_number, s.month, s.due_on, s.charged, s.unpaid,
           m.mandate_id, d.debit_id AS failed_debit_id,
           CASE WHEN s.number > 100 THEN 'pension' WHEN m.mandate_id IS NOT NULL AND d.debit_id IS NULL THEN 'account' ELSE 'slip' END
               AS method
    FROM instalment_state s JOIN assessment a USING (insured_id, fiscal_year)
    LEFT JOIN bank_mandate m
        ON (m.municipality_code, m.resident_number) = (s.municipality_code, a.resident_number)
        AND a.municipality_code = s.municipality_code AND m.valid_during @> s.due_on
    LEFT JOIN LATERAL (
        SELECT l.debit_id, l.state FROM debit l
        WHERE (l.insured_id, l.fiscal_year, l.number) = (s.insured_id, s.fiscal_year, s.number) AND l.state <> 'overtaken'
        ORDER BY l.customer_number DESC LIMIT 1
    ) AS d ON d.state = 'failed'""",
)
_FUNCTIONS = (
    # Of six whose premium was taken from an account and who got slips all the same, five paid twice.
    """
CREATE FUNCTION slips_go_to_nobody_with_an_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.municipality_code, t.resident_number, t.due_on INTO wrong
    FROM touched t JOIN bank_mandate m
        ON (m.municipality_code, m.resident_number) = (t.municipality_code, t.resident_number) AND m.valid_during @> t.due_on
    WHERE t.state = 'issued' AND t.failed_debit_id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Resident % of % pays from an account on %: no slip.', wrong.resident_number, wrong.municipality_code, wrong.due_on
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION mandate_keeps_its_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'valid_during' - 'ended_because') <> (to_jsonb(OLD) - 'valid_during' - 'ended_because')
       OR lower(NEW.valid_during) <> lower(OLD.valid_during) THEN
        RAISE EXCEPTION 'A mandate is ended, never changed: another account is another mandate.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
""",
)


def upgrade() -> None:
    for statement in (*_TABLES, *_FUNCTIONS):
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER bank_mandate_keeps_its_account BEFORE UPDATE ON bank_mandate "
        "FOR EACH ROW EXECUTE FUNCTION mandate_keeps_its_account()"
    )
    op.execute(
        "CREATE TRIGGER bank_mandate_stays BEFORE DELETE OR TRUNCATE ON bank_mandate FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()"
    )
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER slip_{event.lower()}_to_nobody_with_an_account AFTER {event} ON slip REFERENCING NEW TABLE AS touched "
            "FOR EACH STATEMENT EXECUTE FUNCTION slips_go_to_nobody_with_an_account()"
        )
    seen_by_municipality(op, "collection", ("arrived_file", "bank_mandate", "debit_file", "debit", "slip", "convenience_payment"))
