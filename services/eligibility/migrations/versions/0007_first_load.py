"""Rehearsal, cut-off and the gate from migration to routine work."""

from __future__ import annotations

revision = "eligibility_0007"
down_revision = "eligibility_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
