"""Which file is expected when, the files that wait for the municipalities, and the alerts about both."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "gateway_0004"
down_revision = "gateway_0003"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # The union hands in files of its own (holders of マイナ保険証) through the door of the municipalities, and is none of them.
    "ALTER TABLE municipality ADD COLUMN is_union boolean NOT NULL DEFAULT false",
    # A file that lies ready for a municipality, kept here byte for byte.
    """
    CREATE TABLE down_file (
        municipality_code text NOT NULL REFERENCES municipality,
        kind text NOT NULL,
        generation integer NOT NULL,
        is_whole boolean NOT NULL,
        rows bigint NOT NULL,
        data_key text NOT NULL,
        data_sha256 text NOT NULL,
        control_key text NOT NULL,
        control_sha256 text NOT NULL,
        business_day date NOT NULL,
        offered_at timestamptz NOT NULL,
        fetched_at timestamptz,
        confirmed_at timestamptz,
        PRIMARY KEY (municipality_code, kind, generation)
    )""",
    "CREATE INDEX down_file_day ON down_file (business_day)",
    # Dated settings: from whom, or for whom, which file is expected on each business day, and by which hour in Japan.
    """
    CREATE TABLE expected_file (
        id uuid PRIMARY KEY,
        direction text NOT NULL CHECK (direction IN ('up', 'down')),
        municipality_code text NOT NULL REFERENCES municipality,
        kind text NOT NULL,
        by_hour time NOT NULL,
        valid_during daterange NOT NULL CHECK (NOT isempty(valid_during)),
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        EXCLUDE USING gist (direction WITH =, municipality_code WITH =, kind WITH =, valid_during WITH &&)
    )""",
    # One alert for each file that was not there, or not confirmed, by its hour; closed when it is.
    """
    CREATE TABLE file_alert (
        direction text NOT NULL,
        municipality_code text NOT NULL REFERENCES municipality,
        kind text NOT NULL,
        business_day date NOT NULL,
        by_hour time NOT NULL,
        raised_at timestamptz NOT NULL,
        closed_at timestamptz,
        PRIMARY KEY (direction, municipality_code, kind, business_day)
    )""",
    "CREATE INDEX file_alert_open ON file_alert (business_day) WHERE closed_at IS NULL",
    "ALTER TABLE intake_file ADD COLUMN business_day date",
    "CREATE INDEX intake_file_day ON intake_file (business_day)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "gateway", ("down_file", "expected_file", "file_alert"))
