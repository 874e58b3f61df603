"""Missing incomes (所得把握), remissions (減免), deferrals (徴収猶予)."""

revision = "premium_0006"
down_revision = "premium_0005"
branch_labels = None
depends_on = None


def upgrade() -> None: ...
