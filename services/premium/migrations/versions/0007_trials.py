"""Rate trials (試算) and finders of affected people."""

revision = "premium_0007"
down_revision = "premium_0006"
branch_labels = None
depends_on = None


def upgrade() -> None: ...
