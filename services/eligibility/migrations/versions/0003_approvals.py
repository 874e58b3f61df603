"""Acts that need a second officer."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0003"
down_revision = "eligibility_0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # content is what will be done, word for word as the second officer sees it; outcome is what came of it. Nobody decides their own.
    """
    CREATE TABLE approval (
        approval_id uuid PRIMARY KEY,
        act text NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C",
        content jsonb NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        state text NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'withdrawn')),
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        remark text,
        outcome jsonb,
        CHECK ((state = 'asked') = (decided_by IS NULL)),
        CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
        CONSTRAINT approval_by_another CHECK (state NOT IN ('approved', 'declined') OR decided_by <> asked_by)
    )""",
    "CREATE INDEX approval_open ON approval (municipality_code, asked_at) WHERE state = 'asked'",
    "CREATE INDEX approval_person ON approval (municipality_code, resident_number)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("approval",))
