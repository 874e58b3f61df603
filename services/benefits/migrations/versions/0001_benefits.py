"""Who is insured, from when until when."""

from alembic import op

revision = "benefits_0001"
down_revision = None
branch_labels = ("benefits",)
depends_on = "chassis_0001"

_TABLES = """
CREATE TABLE insured (
    insured_id uuid PRIMARY KEY,
    insured_number text NOT NULL,
    insurer_number text NOT NULL,
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    acquired_on date NOT NULL,
    lost_on date,
    sequence integer NOT NULL
);
CREATE INDEX insured_number ON insured (insured_number)
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
    scope = "current_setting('koki.scope', true)"
    op.execute("ALTER TABLE insured ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY window_scope ON insured FOR SELECT TO benefits_window "
        f"USING ({scope} = '*' OR municipality_code = ANY (string_to_array({scope}, ',')))"
    )
