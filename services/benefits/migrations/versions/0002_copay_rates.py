"""負担割合 of the insured, by day: a copy of what eligibility has decided."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "benefits_0002"
down_revision = "benefits_0001"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE copay_rate (
    insured_id uuid NOT NULL,
    copay_year smallint NOT NULL,
    sequence integer NOT NULL,
    municipality_code text NOT NULL,
    rate_percent smallint NOT NULL,
    limit_class text,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    provisional boolean NOT NULL,
    PRIMARY KEY (insured_id, copay_year, sequence)
)
"""


def upgrade() -> None:
    op.execute(_TABLE)
    seen_by_municipality(op, "benefits", ("copay_rate",))
