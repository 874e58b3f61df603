"""Certificates: due, issued or refused, and the worklist of what a person must look at."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0002"
down_revision = "eligibility_0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # A row is one certificate of one person. traceparent: the trace goes on from the municipal message to the card.
    """
    CREATE TABLE certificate (
        certificate_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        insured_id uuid NOT NULL,
        origin text NOT NULL CHECK (origin IN ('acquisition', 'run', 'window')),
        run_id uuid,
        state text NOT NULL CHECK (state IN ('due', 'issued', 'refused', 'withdrawn')),
        kind text NOT NULL,
        kind_reason text NOT NULL,
        valid_from date NOT NULL,
        valid_until date NOT NULL,
        serial bigint UNIQUE,
        issued_on date,
        document_key text,
        document_sha256 text,
        document_page integer,
        refusal text,
        traceparent text,
        made_due_at timestamptz NOT NULL,
        decided_at timestamptz,
        CHECK (valid_from <= valid_until),
        CHECK ((document_key IS NOT NULL) = (document_page IS NOT NULL)),
        CHECK ((state = 'issued') = (document_sha256 IS NOT NULL AND serial IS NOT NULL AND issued_on IS NOT NULL)),
        CHECK ((state = 'refused') = (refusal IS NOT NULL))
    )""",
    "COMMENT ON COLUMN certificate.valid_until IS 'The last day on which it is valid, as it stands on the card.'",
    "CREATE INDEX certificate_person ON certificate (municipality_code, resident_number)",
    "CREATE INDEX certificate_due ON certificate (made_due_at) WHERE state = 'due' AND origin = 'acquisition'",
    "CREATE INDEX certificate_refused ON certificate (municipality_code) WHERE state = 'refused'",
    "CREATE INDEX certificate_run ON certificate (run_id, municipality_code, resident_number) WHERE run_id IS NOT NULL",
    "CREATE UNIQUE INDEX certificate_once ON certificate (insured_id, valid_until) WHERE origin <> 'window' AND state <> 'withdrawn'",
    "CREATE SEQUENCE certificate_serial NO CYCLE",
    """
    CREATE TABLE worklist_item (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        detail text NOT NULL,
        opened_at timestamptz NOT NULL,
        closed_at timestamptz
    )""",
    "CREATE UNIQUE INDEX worklist_open ON worklist_item (kind, municipality_code, resident_number) WHERE closed_at IS NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("certificate", "worklist_item"))
