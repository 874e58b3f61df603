"""Certificates beyond the card: limits, status, collection and return."""

from __future__ import annotations

revision = "eligibility_0006"
down_revision = "eligibility_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
