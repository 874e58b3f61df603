"""Certificates beyond the card: limits, specific diseases, arrears; delivery, return and replacement of each; print files."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0006"
down_revision = "eligibility_0005"
branch_labels = None
depends_on = None

_PERSON = """
    municipality_code text COLLATE "C" NOT NULL,
    resident_number text COLLATE "C" NOT NULL,
    insured_id uuid NOT NULL"""

_STATEMENTS = (
    "ALTER TABLE union_setting ADD union_code text NOT NULL DEFAULT '13'",
    # family: what replaces each other. *_mark: hash of the name and the address that were printed, to see that they have changed.
    """
    ALTER TABLE certificate
        DROP CONSTRAINT certificate_origin_check,
        ADD CONSTRAINT certificate_origin_check CHECK (origin IN ('acquisition', 'run', 'window', 'change')),
        ADD family text NOT NULL DEFAULT 'card' CHECK (family IN ('card', 'limit', 'disease')),
        ADD issue_reason text NOT NULL DEFAULT 'first',
        ADD replaces uuid REFERENCES certificate,
        ADD copay_rate smallint CHECK (copay_rate IN (10, 20, 30)),
        ADD limit_class text,
        ADD class_effective_on date,
        ADD long_stay_from date,
        ADD disease text,
        ADD application_id uuid,
        ADD approval_id uuid REFERENCES approval,
        ADD name_mark bigint,
        ADD address_mark bigint,
        ADD delivery text NOT NULL DEFAULT 'made'
            CHECK (delivery IN ('made', 'handed_over', 'sent', 'received', 'returned', 'kept')),
        ADD delivery_on date,
        ADD times_sent smallint NOT NULL DEFAULT 0,
        ADD collection text CHECK (collection IN ('due', 'collected', 'lost')),
        ADD collection_on date,
        ADD collection_reason text,
        ADD CONSTRAINT certificate_collected CHECK ((collection IS NULL) = (collection_on IS NULL)),
        ADD CONSTRAINT certificate_approved CHECK (state <> 'issued' OR kind <> 'status_certificate' OR approval_id IS NOT NULL)""",
    "DROP INDEX certificate_once",
    """
    CREATE UNIQUE INDEX certificate_once ON certificate (insured_id, family, valid_until)
    WHERE origin IN ('acquisition', 'run') AND state <> 'withdrawn'""",
    "CREATE UNIQUE INDEX certificate_replaced_once ON certificate (replaces) WHERE state = 'due'",
    "DROP INDEX certificate_due",
    "CREATE INDEX certificate_due ON certificate (made_due_at) WHERE state = 'due' AND origin IN ('acquisition', 'change')",
    "CREATE INDEX certificate_insured ON certificate (insured_id)",
    "CREATE INDEX certificate_file ON certificate (document_key) WHERE document_key IS NOT NULL",
    """
    CREATE INDEX certificate_outstanding ON certificate (valid_from)
    WHERE state = 'issued' AND delivery IN ('made', 'sent', 'returned', 'kept') AND collection IS NULL""",
    "CREATE INDEX certificate_returned ON certificate (municipality_code) WHERE delivery IN ('returned', 'kept')",
    "CREATE INDEX certificate_uncollected ON certificate (municipality_code, collection_on) WHERE collection = 'due'",
    "CREATE INDEX certificate_issued_on ON certificate (issued_on, municipality_code) WHERE state = 'issued'",
    # Every act on a certificate, by whom: delivery and collection as they happened.
    """
    CREATE TABLE certificate_act (
        act_id uuid PRIMARY KEY,
        certificate_id uuid NOT NULL REFERENCES certificate,
        municipality_code text COLLATE "C" NOT NULL,
        act text NOT NULL,
        reason text NOT NULL,
        happened_on date NOT NULL,
        entered_by text NOT NULL,
        entered_at timestamptz NOT NULL
    )""",
    "CREATE INDEX certificate_act_of ON certificate_act (certificate_id, entered_at)",
    # A print file of a run: its list (発行一覧) lies sealed beside it.
    """
    CREATE TABLE print_file (
        document_key text PRIMARY KEY,
        run_id uuid NOT NULL,
        form text NOT NULL,
        pages integer NOT NULL CHECK (pages > 0),
        document_sha256 text NOT NULL,
        first_serial bigint NOT NULL,
        last_serial bigint NOT NULL,
        list_key text NOT NULL,
        list_seal jsonb NOT NULL,
        made_at timestamptz NOT NULL,
        by_hand boolean NOT NULL,
        sent_on date
    )""",
    "CREATE INDEX print_file_run ON print_file (run_id)",
    # 申請: for a limit class, a specific disease, or a 資格確認書 beside the マイナ保険証. It stands until it is withdrawn.
    f"""
    CREATE TABLE certificate_application (
        application_id uuid PRIMARY KEY,{_PERSON},
        subject text NOT NULL CHECK (subject IN ('eligibility_confirmation', 'limit', 'specific_disease')),
        applied_on date NOT NULL,
        effective_on date NOT NULL,
        stay_days integer CHECK (stay_days > 0),
        long_stay_from date,
        disease text,
        entered_by text NOT NULL,
        entered_at timestamptz NOT NULL,
        withdrawn_on date,
        CHECK ((subject = 'specific_disease') = (disease IS NOT NULL)),
        CHECK (long_stay_from IS NULL OR (subject = 'limit' AND stay_days IS NOT NULL))
    )""",
    "CREATE UNIQUE INDEX certificate_application_open ON certificate_application (insured_id, subject) WHERE withdrawn_on IS NULL",
    "CREATE INDEX certificate_application_person ON certificate_application (municipality_code, resident_number)",
    # What the process `arrears` says of each person, for lists and cards; process_changed_at: the state that is shown.
    f"""
    CREATE TABLE arrears_case ({_PERSON},
        step text NOT NULL,
        unpaid_amount bigint NOT NULL,
        oldest_due_on date,
        reported_on date NOT NULL,
        noticed_on date,
        explain_by date,
        explanation text NOT NULL,
        remedy text,
        approval_id uuid REFERENCES approval,
        return_by date,
        return_overdue boolean NOT NULL,
        short_term boolean NOT NULL,
        ended_on date,
        ending text,
        process_changed_at timestamptz NOT NULL,
        PRIMARY KEY (insured_id)
    )""",
    "CREATE INDEX arrears_case_step ON arrears_case (municipality_code, step)",
    f"""
    CREATE TABLE arrears_letter (
        letter_id uuid PRIMARY KEY,{_PERSON},
        kind text NOT NULL,
        issued_on date NOT NULL,
        document_key text,
        document_sha256 text,
        shows_address boolean NOT NULL,
        refusal text,
        CHECK ((document_key IS NULL) = (refusal IS NOT NULL))
    )""",
    "ALTER TABLE ledger_document ADD shows_address boolean NOT NULL DEFAULT true",
    "CREATE UNIQUE INDEX arrears_letter_once ON arrears_letter (insured_id, kind, issued_on)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("certificate_act", "certificate_application", "arrears_case", "arrears_letter"))
