"""マイナ保険証 holdings, the files to the municipalities, and the online eligibility feed."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0009"
down_revision = "eligibility_0008"
branch_labels = None
depends_on = None

_PERSON = """
    municipality_code text COLLATE "C" NOT NULL,
    resident_number text COLLATE "C" NOT NULL,
    insured_id uuid NOT NULL"""

_HOLDING = f"""{_PERSON},
    holds boolean NOT NULL,
    batch_id uuid NOT NULL"""

# Present and history apart, as the ledger (infra/decisions/0010). They hang on insured_id, never on the 被保険者番号.
_HOLDINGS = (
    f"""
    CREATE TABLE card_holding ({_HOLDING},
        valid_from date NOT NULL,
        recorded_from timestamptz NOT NULL,
        PRIMARY KEY (insured_id)
    )""",
    "COMMENT ON COLUMN card_holding.valid_from IS 'The day from which this is known to hold: the first day on which it was confirmed.'",
    "CREATE INDEX card_holding_recorded ON card_holding USING brin (recorded_from)",
    f"""
    CREATE TABLE card_holding_history ({_HOLDING},
        valid_during daterange NOT NULL,
        recorded_during tstzrange NOT NULL,
        CHECK (NOT isempty(valid_during) AND NOT isempty(recorded_during)),
        EXCLUDE USING gist (insured_id WITH =, valid_during WITH &&, recorded_during WITH &&)
    )""",
    """
    CREATE VIEW card_holding_as_known WITH (security_invoker = true) AS
    SELECT municipality_code, resident_number, insured_id, holds, batch_id, daterange(valid_from, NULL) AS valid_during,
           tstzrange(recorded_from, NULL) AS recorded_during FROM card_holding
    UNION ALL SELECT * FROM card_holding_history""",
    # A file of holders: rows = taken + unchanged + refused.
    """
    CREATE TABLE card_holding_import (
        batch_id uuid PRIMARY KEY,
        generation integer NOT NULL,
        rows bigint NOT NULL,
        taken bigint NOT NULL,
        unchanged bigint NOT NULL,
        refused bigint NOT NULL,
        loaded_at timestamptz NOT NULL,
        CHECK (rows = taken + unchanged + refused)
    )""",
    # A row that names nobody for certain is nobody's: it has no municipality, and only the union reads it.
    """
    CREATE TABLE card_holding_refusal (
        batch_id uuid NOT NULL REFERENCES card_holding_import,
        row_number integer NOT NULL,
        insured_number text NOT NULL,
        reason text NOT NULL CHECK (reason IN ('number_unknown', 'birth_differs', 'sex_differs', 'older_than_known', 'named_twice')),
        PRIMARY KEY (batch_id, row_number)
    )""",
    "REVOKE ALL ON card_holding_import, card_holding_refusal FROM eligibility_window",
)


def upgrade() -> None:
    for statement in _HOLDINGS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("card_holding", "card_holding_history"))
