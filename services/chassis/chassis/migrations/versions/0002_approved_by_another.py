"""A run whose result is law to people is approved by somebody else than who has prepared it."""

from alembic import op

revision = "chassis_0002"
down_revision = "chassis_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A new database has both from the tables of the chassis as they are now.
    op.execute("ALTER TABLE job_run ADD COLUMN IF NOT EXISTS approved_by_another boolean NOT NULL DEFAULT false")
    op.execute("ALTER TABLE job_run DROP CONSTRAINT IF EXISTS job_run_by_another")
    op.execute(
        "ALTER TABLE job_run ADD CONSTRAINT job_run_by_another "
        "CHECK (NOT approved_by_another OR approved_by IS NULL OR approved_by <> started_by)"
    )
