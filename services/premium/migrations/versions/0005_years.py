"""Several fiscal years, provisional assessment (仮算定), time limits (期間制限)."""

revision = "premium_0005"
down_revision = "premium_0004"
branch_labels = None
depends_on = None


def upgrade() -> None: ...
