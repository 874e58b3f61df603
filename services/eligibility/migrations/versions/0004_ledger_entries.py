"""What people declare, decide and correct in the insured ledger."""

from __future__ import annotations

revision = "eligibility_0004"
down_revision = "eligibility_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
