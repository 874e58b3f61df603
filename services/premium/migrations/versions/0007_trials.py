"""Rate trials (試算), comparisons of laws and finders of affected people: what was asked by whom, on which people, with what result."""

from alembic import op

revision = "premium_0007"
down_revision = "premium_0006"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE population (
    population_id uuid PRIMARY KEY,
    name text NOT NULL,
    source text NOT NULL CHECK (source IN ('decisions', 'table')),
    fiscal_year smallint NOT NULL,
    known_on date,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    request_key text NOT NULL UNIQUE,
    chunks integer,
    people integer,
    annual_amount bigint,
    inputs_hash text
);
CREATE TABLE rate_trial (
    trial_id uuid PRIMARY KEY,
    name text NOT NULL,
    population_id uuid NOT NULL REFERENCES population,
    request jsonb NOT NULL,
    result jsonb NOT NULL,
    law_hash text NOT NULL,
    inputs_hash text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE TABLE comparison (
    comparison_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('law_change', 'finder')),
    name text NOT NULL,
    population_id uuid NOT NULL REFERENCES population,
    request jsonb NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    request_key text NOT NULL UNIQUE,
    result jsonb,
    law_hash_before text,
    law_hash_after text,
    inputs_hash text
);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
