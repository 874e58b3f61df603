"""Delivery addresses, protected addresses, surveys and doubtful duplicates."""

from __future__ import annotations

revision = "eligibility_0008"
down_revision = "eligibility_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
