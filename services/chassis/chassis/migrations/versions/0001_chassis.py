"""The tables every service has."""

from alembic import op
from chassis.tables import metadata

revision = "chassis_0001"
down_revision = None
branch_labels = ("chassis",)
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
