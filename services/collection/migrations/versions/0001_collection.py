"""Addressees, the insured, assessments, the charge ledger with its invariant, and payment notices."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0001"
down_revision = None
branch_labels = ("collection",)
depends_on = "chassis_0001"

_TABLES = """
CREATE TABLE addressee (
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    sequence integer NOT NULL,
    household_number text NOT NULL,
    is_head boolean NOT NULL,
    status text NOT NULL,
    name text NOT NULL,
    name_kana text NOT NULL,
    postal_code text NOT NULL,
    address_prefecture text NOT NULL,
    address_municipality text NOT NULL,
    address_town text NOT NULL,
    address_number text NOT NULL,
    address_building text,
    PRIMARY KEY (municipality_code, resident_number)
);
CREATE INDEX addressee_head ON addressee (municipality_code, household_number) WHERE is_head AND status = '1';
CREATE TABLE insured (
    insured_id uuid PRIMARY KEY,
    insured_number text NOT NULL,
    municipality_code text NOT NULL,
    acquired_on date NOT NULL,
    lost_on date,
    sequence integer NOT NULL
);
CREATE TABLE assessment (
    insured_id uuid NOT NULL,
    fiscal_year smallint NOT NULL,
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    assessment_id uuid NOT NULL,
    annual_amount bigint NOT NULL CHECK (annual_amount >= 0),
    provisional boolean NOT NULL,
    sequence integer NOT NULL,
    revision integer NOT NULL,
    overcharged bigint NOT NULL CHECK (overcharged >= 0),
    calendar_hash text NOT NULL,
    decided_on date NOT NULL,
    PRIMARY KEY (insured_id, fiscal_year)
) WITH (fillfactor = 90);
CREATE INDEX assessment_person ON assessment (municipality_code, resident_number);
CREATE TABLE charge_entry (
    insured_id uuid NOT NULL,
    fiscal_year smallint NOT NULL,
    number smallint NOT NULL CHECK (number > 0),
    revision integer NOT NULL CHECK (revision > 0),
    reverses integer NOT NULL CHECK (reverses >= 0 AND reverses < revision),
    municipality_code text NOT NULL,
    month smallint NOT NULL CHECK (month BETWEEN 1 AND 12),
    due_on date NOT NULL,
    amount bigint NOT NULL,
    charged_on date NOT NULL,
    PRIMARY KEY (insured_id, fiscal_year, number, revision, reverses),
    CHECK ((reverses = 0 AND amount > 0) OR (reverses > 0 AND amount < 0))
);
CREATE UNIQUE INDEX charge_entry_reversed_once ON charge_entry (insured_id, fiscal_year, number, reverses) WHERE reverses > 0;
CREATE TABLE notice (
    insured_id uuid NOT NULL,
    fiscal_year smallint NOT NULL,
    revision integer NOT NULL,
    run_id uuid NOT NULL,
    number integer NOT NULL,
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    annual_amount bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'issued', 'refused', 'overtaken')),
    issued_on date,
    document_sha256 text,
    first_page integer,
    refusal text,
    PRIMARY KEY (insured_id, fiscal_year, revision, run_id),
    CHECK ((state = 'issued') = (num_nulls(issued_on, document_sha256, first_page) = 0)),
    CHECK ((state = 'refused') = (refusal IS NOT NULL))
);
CREATE UNIQUE INDEX notice_run ON notice (run_id, number);
CREATE UNIQUE INDEX notice_once ON notice (insured_id, fiscal_year, revision) WHERE state IN ('planned', 'issued');
CREATE INDEX notice_person ON notice (municipality_code, resident_number, fiscal_year)
"""

# The sum of a ledger is checked by the database, for the people whom a statement touches: the trigger sees the whole statement, so
# that a million entries cost one query, and the statement must write a decision together with its entries.
_FUNCTIONS = (
    """
CREATE FUNCTION charges_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.insured_id, t.fiscal_year, a.annual_amount, s.charged INTO wrong
    FROM (SELECT DISTINCT insured_id, fiscal_year FROM touched) AS t
    LEFT JOIN assessment a ON (a.insured_id, a.fiscal_year) = (t.insured_id, t.fiscal_year)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.amount), 0) AS charged FROM charge_entry e
        WHERE e.insured_id = t.insured_id AND e.fiscal_year = t.fiscal_year
    ) AS s
    WHERE a.annual_amount IS DISTINCT FROM s.charged LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The charges of % for % add up to % yen, the assessment is % yen.',
            wrong.insured_id, wrong.fiscal_year, wrong.charged, wrong.annual_amount USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION reversals_undo_a_charge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT t.* INTO wrong FROM touched t
    WHERE t.reverses > 0 AND NOT EXISTS (
        SELECT 1 FROM charge_entry e
        WHERE (e.insured_id, e.fiscal_year, e.number, e.revision, e.reverses) = (t.insured_id, t.fiscal_year, t.number, t.reverses, 0)
          AND (e.amount, e.due_on, e.month) = (-t.amount, t.due_on, t.month)
    ) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'A reversal of % yen for % undoes no charge of that amount.', wrong.amount, wrong.insured_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION stays_as_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are neither changed nor removed; a charge is undone by a reversal.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
""",
)
_TRIGGERS = (
    ("charge_entry", "AFTER INSERT", "charges_add_up"),
    ("charge_entry", "AFTER INSERT", "reversals_undo_a_charge"),
    ("assessment", "AFTER INSERT", "charges_add_up"),
    ("assessment", "AFTER UPDATE", "charges_add_up"),
)
_SEEN_BY_MUNICIPALITY = ("addressee", "insured", "assessment", "charge_entry", "notice")


def upgrade() -> None:
    for statement in (*_TABLES.split(";\n"), *_FUNCTIONS):
        op.execute(statement)
    for table, event, function in _TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {table}_{event.split()[-1].lower()}_{function} {event} ON {table} "
            f"REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    op.execute(
        "CREATE TRIGGER charge_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON charge_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()"
    )
    op.execute(
        "CREATE TRIGGER assessment_stays BEFORE DELETE OR TRUNCATE ON assessment FOR EACH STATEMENT EXECUTE FUNCTION stays_as_written()"
    )
    seen_by_municipality(op, "collection", _SEEN_BY_MUNICIPALITY)
