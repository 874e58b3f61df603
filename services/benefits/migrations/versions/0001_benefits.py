"""Who is insured, from when until when."""

from alembic import op
from chassis.row_security import seen_by_municipality

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
    seen_by_municipality(op, "benefits", ("insured",))
