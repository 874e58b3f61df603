"""Characters that must be identified, and what was found."""

from __future__ import annotations

revision = "gateway_0003"
down_revision = "gateway_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
