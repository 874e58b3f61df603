"""Files to the municipalities and the online eligibility feed."""

from __future__ import annotations

revision = "eligibility_0009"
down_revision = "eligibility_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
