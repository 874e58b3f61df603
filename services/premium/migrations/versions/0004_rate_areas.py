"""Who lives in which area of uneven rates (不均一賦課), where an area is smaller than its municipality."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "premium_0004"
down_revision = "premium_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A line holds from its day to the next line's; an area of '' is outside every area. A correction ends what was believed.
    op.execute("""
    CREATE TABLE rate_area_residence (
        resident bigint NOT NULL REFERENCES resident,
        valid_from date NOT NULL,
        area text NOT NULL,
        recorded_during tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
        recorded_by text NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        EXCLUDE USING gist (resident WITH =, valid_from WITH =, recorded_during WITH &&)
    )""")
    op.execute("CREATE INDEX rate_area_residence_believed ON rate_area_residence (resident, valid_from) WHERE upper_inf(recorded_during)")
    of_the_resident = "EXISTS (SELECT 1 FROM resident r WHERE r.number = rate_area_residence.resident)"
    seen_by_municipality(op, "premium", ("rate_area_residence",), using=of_the_resident)
