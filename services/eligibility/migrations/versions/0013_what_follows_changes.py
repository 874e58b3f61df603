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
    # A letter that is a page of a print file.
    "ALTER TABLE ledger_document ADD document_page integer CHECK (document_page > 0)",
    # A change of a rate of which somebody is to be told, or has been: by a run, or at a window (no run).
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
        letter_id uuid REFERENCES ledger_document,
        refusal text,
        decided_at timestamptz,
        UNIQUE (run_id, insured_id, valid_from),
        CHECK ((state = 'made') = (letter_id IS NOT NULL)),
        CHECK ((state = 'refused') = (refusal IS NOT NULL)),
        CHECK ((state = 'due') = (decided_at IS NULL))
    )""",
    "CREATE SEQUENCE copay_notice_serial NO CYCLE",
    "CREATE INDEX copay_notice_insured ON copay_notice (insured_id, valid_from)",
    # A notice without address is handed over as a certificate is.
    """
    ALTER TABLE handover ALTER certificate_id DROP NOT NULL, ADD letter_id uuid UNIQUE REFERENCES ledger_document,
        ADD CONSTRAINT handover_of_one CHECK (num_nonnulls(certificate_id, letter_id) = 1)""",
    """
    ALTER TABLE outgoing_file DROP CONSTRAINT outgoing_file_kind_check,
        ADD CONSTRAINT outgoing_file_kind_check CHECK (kind IN ('qualifications', 'eligibility_feed', 'expected_insured'))""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("copay_notice",))
