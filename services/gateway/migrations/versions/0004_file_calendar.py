"""Which file is expected when, and the files that wait for the municipalities."""

from __future__ import annotations

revision = "gateway_0004"
down_revision = "gateway_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
