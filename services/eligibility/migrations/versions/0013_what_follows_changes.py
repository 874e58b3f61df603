"""What follows a change by itself: a card with the new number, 負担割合判定通知書 in print files, 75歳到達予定者 for the municipalities."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0013"
down_revision = "eligibility_0012"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # The number as it was printed: one that is not the holder's any more is seen.
    "ALTER TABLE certificate ADD insured_number text",
    """
    UPDATE certificate c SET insured_number = k.insured_number FROM qualification_as_known k
    WHERE c.state = 'issued' AND k.insured_id = c.insured_id AND k.recorded_during @> c.decided_at""",
    # A change of a rate of which somebody is told; letter_id: it was made at a window and is a letter of its own.
    """
    CREATE TABLE copay_notice (
        notice_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        insured_id uuid NOT NULL,
        copay_year smallint NOT NULL,
        valid_from date NOT NULL,
        rate_before smallint NOT NULL CHECK (rate_before IN (10, 20, 30)),
        rate_percent smallint NOT NULL CHECK (rate_percent IN (10, 20, 30) AND rate_percent <> rate_before),
        state text NOT NULL CHECK (state IN ('due', 'made', 'refused', 'withdrawn')),
        run_id uuid,
        serial bigint UNIQUE,
        document_key text,
        document_sha256 text,
        document_page integer,
        shows_address boolean,
        refusal text,
        letter_id uuid REFERENCES ledger_document,
        decided_at timestamptz,
        CHECK ((run_id IS NULL) = (letter_id IS NOT NULL)),
        CHECK ((state = 'made' AND letter_id IS NULL) = (document_sha256 IS NOT NULL AND serial IS NOT NULL AND document_page IS NOT NULL)),
        CHECK ((state = 'refused') = (refusal IS NOT NULL))
    )""",
    "CREATE SEQUENCE copay_notice_serial NO CYCLE",
    "CREATE INDEX copay_notice_person ON copay_notice (municipality_code, resident_number)",
    "CREATE INDEX copay_notice_insured ON copay_notice (insured_id, valid_from)",
    "CREATE UNIQUE INDEX copay_notice_run ON copay_notice (run_id, insured_id, valid_from)",
    # A notice without address is handed over as a certificate is.
    """
    ALTER TABLE handover ALTER certificate_id DROP NOT NULL, ADD notice_id uuid UNIQUE REFERENCES copay_notice,
        ADD CONSTRAINT handover_of_one CHECK (num_nonnulls(certificate_id, notice_id) = 1)""",
    """
    ALTER TABLE outgoing_file DROP CONSTRAINT outgoing_file_kind_check,
        ADD CONSTRAINT outgoing_file_kind_check CHECK (kind IN ('qualifications', 'eligibility_feed', 'expected_insured'))""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("copay_notice",))
