"""Who lives in which area of uneven rates (不均一賦課)."""

revision = "premium_0004"
down_revision = "premium_0003"
branch_labels = None
depends_on = None


def upgrade() -> None: ...
