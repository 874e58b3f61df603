"""The exchange with the pension payers (特別徴収の情報交換): cycles, files, candidates, request lines, and what was deducted."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0007"
down_revision = "collection_0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # By what a pensioner is recognised: a resident record carries both, and those kept before this get them with their next change.
    "ALTER TABLE addressee ADD COLUMN sex text, ADD COLUMN born_on date",
    "CREATE INDEX addressee_born ON addressee (municipality_code, born_on)",
    "CREATE INDEX addressee_postal ON addressee (municipality_code, postal_code)",
    "ALTER TABLE insured ADD COLUMN resident_number text",
    "CREATE INDEX insured_resident ON insured (municipality_code, resident_number)",
    """
    CREATE TABLE exchange_cycle (
        captured_on date PRIMARY KEY,
        candidates text COLLATE "C" NOT NULL,
        request text COLLATE "C" NOT NULL,
        arrives_by date NOT NULL,
        due_on date NOT NULL,
        starts_on date NOT NULL
    )""",
    # One file that came or was made. notice is what it tells (contracts.layouts.site_codes.Notice), whatever its code at this site;
    # captured_on is the cycle, and for results of deductions the first day of the month of the pension payment.
    """
    CREATE TABLE exchange_file (
        file_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        captured_on date NOT NULL,
        notice text COLLATE "C" NOT NULL,
        is_ours boolean NOT NULL,
        sha256 text COLLATE "C" NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        state text COLLATE "C" NOT NULL CHECK (state IN ('taken', 'refused', 'sent')),
        lines integer NOT NULL CHECK (lines >= 0),
        amount bigint NOT NULL CHECK (amount >= 0),
        refusal text,
        on_day date NOT NULL,
        run_id uuid NOT NULL,
        CHECK ((state = 'refused') = (refusal IS NOT NULL)),
        CHECK (is_ours = (state = 'sent'))
    )""",
    "CREATE UNIQUE INDEX exchange_file_once ON exchange_file (sha256) WHERE state <> 'refused'",
    "CREATE INDEX exchange_file_cycle ON exchange_file (captured_on, municipality_code)",
    # 対象者情報, every line of it. A person is linked only where name, birthday, sex and address agree, or by an officer.
    """
    CREATE TABLE candidate (
        captured_on date NOT NULL,
        collector_code text COLLATE "C" NOT NULL,
        basic_pension_number text COLLATE "C" NOT NULL,
        pension_code text COLLATE "C" NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        file_id uuid NOT NULL REFERENCES exchange_file,
        number integer NOT NULL,
        name_kana text NOT NULL,
        name text,
        born_on date NOT NULL,
        sex text NOT NULL,
        postal_code text,
        address text,
        address_kana text,
        year_amount bigint NOT NULL,
        payment_amount bigint NOT NULL,
        amount_3 bigint NOT NULL,
        mutual_aid_number text,
        state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'identified', 'not_insured', 'doubtful', 'unknown')),
        insured_id uuid,
        doubt text,
        linked_by text,
        link_reason text,
        PRIMARY KEY (captured_on, collector_code, basic_pension_number, pension_code),
        CHECK ((state = 'identified') = (insured_id IS NOT NULL)),
        CHECK ((state = 'doubtful') = (doubt IS NOT NULL)),
        CHECK ((linked_by IS NULL) = (link_reason IS NULL))
    )""",
    "CREATE UNIQUE INDEX candidate_number ON candidate (file_id, number)",
    "CREATE INDEX candidate_state ON candidate (captured_on, municipality_code, state)",
    # One line that we have sent; it ends accepted, rejected with a reason, or timed out, and never goes back.
    """
    CREATE TABLE request_line (
        line_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        captured_on date NOT NULL,
        notice text COLLATE "C" NOT NULL,
        collector_code text COLLATE "C" NOT NULL,
        basic_pension_number text COLLATE "C" NOT NULL,
        pension_code text COLLATE "C" NOT NULL,
        insured_id uuid,
        request_kind text COLLATE "C" NOT NULL,
        reason text COLLATE "C" NOT NULL,
        amount_1 bigint NOT NULL CHECK (amount_1 >= 0),
        amount_2 bigint NOT NULL CHECK (amount_2 >= 0),
        heeded_on date NOT NULL,
        file_id uuid NOT NULL REFERENCES exchange_file,
        sent_on date NOT NULL,
        answer_by date NOT NULL,
        state text COLLATE "C" NOT NULL CHECK (state IN ('sent', 'accepted', 'rejected', 'timed_out')),
        outcome text COLLATE "C",
        ended_on date,
        settled_by text,
        settled_as text,
        CHECK ((state = 'sent') = (ended_on IS NULL)),
        CHECK ((state = 'rejected') = (outcome IS NOT NULL)),
        CHECK ((settled_by IS NULL) = (settled_as IS NULL))
    )""",
    "CREATE UNIQUE INDEX request_line_open ON request_line (notice, collector_code, basic_pension_number, pension_code) "
    "WHERE state = 'sent'",
    "CREATE INDEX request_line_cycle ON request_line (captured_on, municipality_code, notice, state)",
    "CREATE INDEX request_line_person ON request_line (insured_id)",
    """
CREATE FUNCTION request_lines_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'sent' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'Request line % has ended % already.', OLD.line_id, OLD.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
""",
    "CREATE TRIGGER request_line_ends_once BEFORE UPDATE ON request_line FOR EACH ROW EXECUTE FUNCTION request_lines_end_once()",
    # Why a municipality's request may leave although something does not agree: for so many cases, no more.
    """
    CREATE TABLE exchange_explanation (
        captured_on date NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        cases integer NOT NULL CHECK (cases > 0),
        reason text NOT NULL CHECK (reason <> ''),
        explained_by text NOT NULL,
        explained_on date NOT NULL,
        PRIMARY KEY (captured_on, municipality_code, kind, cases)
    )""",
    # 特別徴収結果: what a pension payer says it has taken of one pension at one payment, beside what was decided.
    """
    CREATE TABLE pension_deduction (
        paid_month date NOT NULL,
        collector_code text COLLATE "C" NOT NULL,
        basic_pension_number text COLLATE "C" NOT NULL,
        pension_code text COLLATE "C" NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        insured_id uuid,
        expected bigint NOT NULL CHECK (expected >= 0),
        deducted bigint NOT NULL CHECK (deducted >= 0),
        outcome text COLLATE "C" NOT NULL,
        difference text COLLATE "C" NOT NULL,
        file_id uuid NOT NULL REFERENCES exchange_file,
        PRIMARY KEY (paid_month, collector_code, basic_pension_number, pension_code)
    )""",
    "CREATE INDEX pension_deduction_person ON pension_deduction (insured_id)",
)
_TABLES = ("exchange_file", "candidate", "request_line", "exchange_explanation", "pension_deduction")


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "collection", _TABLES)
