"""Incomes for the copay rate, and the rates decided from them."""

from __future__ import annotations

revision = "eligibility_0005"
down_revision = "eligibility_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
