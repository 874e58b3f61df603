"""Facts about the insured, and the counts that the monthly run has made of them."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "statistics_0001"
down_revision = None
branch_labels = ("statistics",)
depends_on = "chassis_0001"

_TABLES = """
CREATE TABLE insured (
    insured_id uuid PRIMARY KEY,
    municipality_code text NOT NULL,
    sex text NOT NULL,
    born_on date NOT NULL,
    acquired_on date NOT NULL,
    acquisition_ground text NOT NULL,
    lost_on date,
    sequence integer NOT NULL
);
CREATE TABLE monthly_fact (
    run_id uuid NOT NULL,
    insured_id uuid NOT NULL,
    municipality_code text NOT NULL,
    sex text NOT NULL,
    born_on date NOT NULL,
    acquired_on date NOT NULL,
    acquisition_ground text NOT NULL,
    PRIMARY KEY (run_id, insured_id)
);
CREATE TABLE monthly_count (
    run_id uuid NOT NULL,
    counted_on date NOT NULL,
    municipality_code text NOT NULL,
    sex text NOT NULL,
    age_band text NOT NULL,
    insured bigint NOT NULL CHECK (insured > 0),
    PRIMARY KEY (run_id, municipality_code, sex, age_band)
);
CREATE TABLE monthly_file (
    run_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('facts', 'table')),
    counted_on date NOT NULL,
    key text NOT NULL,
    rows bigint NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (run_id, kind)
)
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
    seen_by_municipality(op, "statistics", ("insured", "monthly_fact", "monthly_count"))
