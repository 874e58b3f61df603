"""マイナ保険証 holdings, the files to the municipalities, and the online eligibility feed."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0009"
down_revision = "eligibility_0008"
branch_labels = None
depends_on = None

_PERSON = """
    municipality_code text COLLATE "C" NOT NULL,
    resident_number text COLLATE "C" NOT NULL,
    insured_id uuid NOT NULL"""

_HOLDING = f"""{_PERSON},
    holds boolean NOT NULL,
    batch_id uuid NOT NULL"""

# Present and history are apart, as the ledger (infra/decisions/0010). They hang on insured_id, never on the 被保険者番号.
_HOLDINGS = (
    f"""
    CREATE TABLE card_holding ({_HOLDING},
        valid_from date NOT NULL,
        recorded_from timestamptz NOT NULL,
        PRIMARY KEY (insured_id)
    )""",
    "COMMENT ON COLUMN card_holding.valid_from IS 'The day from which this is known to hold: the first day on which it was confirmed.'",
    "CREATE INDEX card_holding_recorded ON card_holding USING brin (recorded_from)",
    f"""
    CREATE TABLE card_holding_history ({_HOLDING},
        valid_during daterange NOT NULL,
        recorded_during tstzrange NOT NULL,
        CHECK (NOT isempty(valid_during) AND NOT isempty(recorded_during)),
        EXCLUDE USING gist (insured_id WITH =, valid_during WITH &&, recorded_during WITH &&)
    )""",
    """
    CREATE VIEW card_holding_as_known WITH (security_invoker = true) AS
    SELECT municipality_code, resident_number, insured_id, holds, batch_id, daterange(valid_from, NULL) AS valid_during,
           tstzrange(recorded_from, NULL) AS recorded_during FROM card_holding
    UNION ALL SELECT * FROM card_holding_history""",
    # A file of holders: rows = taken + unchanged + refused.
    """
    CREATE TABLE card_holding_import (
        batch_id uuid PRIMARY KEY,
        generation integer NOT NULL,
        rows bigint NOT NULL,
        taken bigint NOT NULL,
        unchanged bigint NOT NULL,
        refused bigint NOT NULL,
        loaded_at timestamptz NOT NULL,
        CHECK (rows = taken + unchanged + refused)
    )""",
    # A row that names nobody for certain is nobody's: it has no municipality, and only the union reads it.
    """
    CREATE TABLE card_holding_refusal (
        batch_id uuid NOT NULL REFERENCES card_holding_import,
        row_number integer NOT NULL,
        insured_number text NOT NULL,
        reason text NOT NULL CHECK (reason IN ('number_unknown', 'birth_differs', 'sex_differs', 'older_than_known', 'named_twice')),
        PRIMARY KEY (batch_id, row_number)
    )""",
    "REVOKE ALL ON card_holding_import, card_holding_refusal FROM eligibility_window",
)

# What has left, row by row, and never edited: the next file is what differs from it, and a generation can be made again byte for byte.
_SENT = f"""{_PERSON},
    generation integer NOT NULL,
    history_number integer NOT NULL,
    insurer_number text NOT NULL,
    insured_number text NOT NULL,
    acquired_on date NOT NULL,
    lost_on date,
    copay_rate text,
    copay_rate_from date,
    limit_class text"""
_FILES = (
    f"""
    CREATE TABLE qualification_sent ({_SENT},
        resident_history_number integer NOT NULL,
        qualification_status text NOT NULL,
        acquisition_ground text NOT NULL,
        loss_reason text,
        PRIMARY KEY (municipality_code, insured_id, history_number)
    )""",
    "CREATE INDEX qualification_sent_generation ON qualification_sent (municipality_code, generation)",
    f"""
    CREATE TABLE feed_sent ({_SENT},
        born_on date NOT NULL,
        sex text NOT NULL,
        certificate_kind text,
        certificate_issued_on date,
        certificate_valid_until date,
        limit_class_from date,
        PRIMARY KEY (municipality_code, insured_id, history_number, generation)
    )""",
    "CREATE INDEX feed_sent_generation ON feed_sent (generation)",
    # A file as it lies in the object store, with its control file. changed: rows that had not left before.
    """
    CREATE TABLE outgoing_file (
        kind text NOT NULL CHECK (kind IN ('qualifications', 'eligibility_feed')),
        municipality_code text COLLATE "C" NOT NULL,
        generation integer NOT NULL,
        is_whole boolean NOT NULL,
        run_id uuid NOT NULL,
        rows bigint NOT NULL,
        changed bigint NOT NULL CHECK (changed <= rows),
        key text NOT NULL,
        sha256 text NOT NULL,
        control_key text NOT NULL,
        control_sha256 text NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (kind, municipality_code, generation)
    )""",
    # A generation of the feed is the files of all municipalities; it leaves when nothing is missing in it, or not at all.
    """
    CREATE TABLE feed_generation (
        generation integer PRIMARY KEY,
        run_id uuid NOT NULL UNIQUE,
        is_whole boolean NOT NULL,
        state text NOT NULL CHECK (state IN ('making', 'released', 'stopped')),
        begun_at timestamptz NOT NULL,
        decided_at timestamptz,
        changed bigint,
        faults jsonb NOT NULL DEFAULT '{}',
        CHECK ((state = 'making') = (decided_at IS NULL)),
        CHECK ((state = 'stopped') = (faults <> '{}'))
    )""",
    # Alerts about what leaves: the feed is late, or was stopped.
    """
    CREATE TABLE exchange_alert (
        alert_id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('feed_late', 'feed_stopped')),
        detail text NOT NULL,
        raised_at timestamptz NOT NULL,
        closed_at timestamptz
    )""",
    "CREATE UNIQUE INDEX exchange_alert_open ON exchange_alert (kind) WHERE closed_at IS NULL",
    # What changed since a moment, without an index that a first load would have to write row by row.
    "CREATE INDEX qualification_recorded ON qualification USING brin (recorded_from)",
    "CREATE INDEX copay_rate_recorded ON copay_rate USING brin (recorded_from)",
    "CREATE INDEX certificate_decided ON certificate USING brin (decided_at)",
    """
    ALTER TABLE union_setting
        ADD COLUMN qualification_file_hour smallint NOT NULL DEFAULT 20,
        ADD COLUMN feed_hour smallint NOT NULL DEFAULT 1,
        ADD COLUMN feed_freshness_minutes integer NOT NULL DEFAULT 60
    """,
)


def upgrade() -> None:
    for statement in (*_HOLDINGS, *_FILES):
        op.execute(statement)
    scoped = ("card_holding", "card_holding_history", "qualification_sent", "feed_sent", "outgoing_file")
    seen_by_municipality(op, "eligibility", scoped)
