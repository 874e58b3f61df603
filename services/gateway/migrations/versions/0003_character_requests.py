"""Characters that must be identified, and what was found; and whose address is withheld (支援措置)."""

from __future__ import annotations

from alembic import op
from chassis.address_protection import TABLE
from chassis.row_security import seen_by_municipality

revision = "gateway_0003"
down_revision = "gateway_0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    TABLE,
    # 同定依頼: one character of one field of a parked row. `mark` is what stood there: ● or the municipality's own code (private use).
    """
    CREATE TABLE character_request (
        request_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL REFERENCES municipality,
        resident_number text COLLATE "C" NOT NULL,
        history_number integer NOT NULL,
        kind text NOT NULL,
        field text NOT NULL,
        position integer NOT NULL CHECK (position >= 0),
        mark text NOT NULL CHECK (char_length(mark) = 1),
        written text NOT NULL,
        asked_at timestamptz NOT NULL,
        shape text,
        image_reference text,
        reading text,
        strokes smallint CHECK (strokes BETWEEN 1 AND 64),
        evidence_by text,
        evidence_at timestamptz,
        answered_at timestamptz,
        UNIQUE (municipality_code, kind, resident_number, field, position),
        CHECK ((evidence_at IS NULL) = (evidence_by IS NULL)),
        CHECK (evidence_at IS NULL OR shape IS NOT NULL OR image_reference IS NOT NULL)
    )""",
    "CREATE INDEX character_request_open ON character_request (municipality_code, asked_at) WHERE answered_at IS NULL",
    # 変換表: what a mark of a municipality means. A code of its own means the same for everybody; ● for one person, field and place.
    # Withdrawn entries stay: what was believed, until when.
    """
    CREATE TABLE character_conversion (
        conversion_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL REFERENCES municipality,
        mark text NOT NULL CHECK (char_length(mark) = 1),
        resident_number text COLLATE "C",
        field text,
        position integer,
        character text NOT NULL CHECK (character <> ''),
        ground text NOT NULL CHECK (ground IN ('identified', 'substitute')),
        reason text NOT NULL CHECK (reason <> ''),
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        withdrawn_at timestamptz,
        CHECK ((mark = '●') = (resident_number IS NOT NULL AND field IS NOT NULL AND position IS NOT NULL))
    )""",
    """
    CREATE UNIQUE INDEX character_conversion_once ON character_conversion (
        municipality_code, mark, COALESCE(resident_number, ''), COALESCE(field, ''), COALESCE(position, -1)) WHERE withdrawn_at IS NULL""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "gateway", ("protected_person", "character_request", "character_conversion"))
