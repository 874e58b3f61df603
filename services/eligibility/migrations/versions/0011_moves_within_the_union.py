"""Whoever moves between two municipalities of the union keeps the number; people who are one person are never insured twice."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0011"
down_revision = "eligibility_0010"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # A number that goes on in another municipality; insured_number_search says to whom it was given first.
    """
    CREATE TABLE carried_number (
        insured_number text COLLATE "C" NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        ordinal smallint NOT NULL,
        PRIMARY KEY (insured_number, municipality_code, resident_number, ordinal)
    )""",
    "CREATE INDEX carried_number_person ON carried_number (municipality_code, resident_number)",
    """
    CREATE VIEW insured_number_holder WITH (security_invoker = true) AS
    SELECT insured_number, municipality_code, resident_number, ordinal FROM insured_number_search
    UNION ALL SELECT insured_number, municipality_code, resident_number, ordinal FROM carried_number""",
    """CREATE INDEX same_person_first_linked ON same_person (first_code, first_number)
    WHERE is_same AND upper_inf(recorded_during)""",
    """CREATE INDEX same_person_second_linked ON same_person (second_code, second_number)
    WHERE is_same AND upper_inf(recorded_during)""",
    # What was said of former dependants; a qualification without a line was never asked about.
    """
    CREATE TABLE former_dependant_said (
        insured_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        joined_on date NOT NULL,
        former_dependant boolean,
        revision integer NOT NULL
    )""",
    """
    CREATE FUNCTION linked_people(code text, number text) RETURNS TABLE (municipality_code text, resident_number text)
    LANGUAGE sql STABLE AS $$
        WITH RECURSIVE linked(m, n) AS (
            SELECT code COLLATE "C", number COLLATE "C"
            UNION
            SELECT o.m, o.n FROM linked CROSS JOIN LATERAL (
                SELECT second_code AS m, second_number AS n FROM same_person
                WHERE (first_code, first_number) = (linked.m, linked.n) AND is_same AND upper_inf(recorded_during)
                UNION ALL
                SELECT first_code, first_number FROM same_person
                WHERE (second_code, second_number) = (linked.m, linked.n) AND is_same AND upper_inf(recorded_during)
            ) AS o
        ) SELECT m, n FROM linked
    $$""",
    """
    CREATE FUNCTION require_apart(code text, number text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            WITH held AS (SELECT q.* FROM linked_people(code, number) JOIN qualification q USING (municipality_code, resident_number))
            SELECT FROM held a JOIN held b
              ON (a.municipality_code, a.resident_number, a.ordinal) < (b.municipality_code, b.resident_number, b.ordinal)
             AND daterange(a.acquired_on, a.lost_on) && daterange(b.acquired_on, b.lost_on)
        ) THEN
            RAISE EXCEPTION 'Two qualifications of one person overlap.' USING ERRCODE = 'exclusion_violation';
        END IF;
    END $$""",
    """
    CREATE FUNCTION require_own_number(code text, number text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM qualification q JOIN insured_number_search s USING (insured_number)
            WHERE (q.municipality_code, q.resident_number) = (code, number)
              AND (s.municipality_code, s.resident_number) NOT IN (SELECT * FROM linked_people(code, number))
        ) THEN
            RAISE EXCEPTION 'A number is held by two people.' USING ERRCODE = 'unique_violation';
        END IF;
    END $$""",
    """
    CREATE OR REPLACE FUNCTION qualifications_are_apart() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM require_apart(NEW.municipality_code, NEW.resident_number);
        RETURN NULL;
    END $$""",
    """
    CREATE FUNCTION number_is_own() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM require_own_number(NEW.municipality_code, NEW.resident_number);
        RETURN NULL;
    END $$""",
    """
    CREATE FUNCTION linked_people_fit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM require_apart(NEW.first_code, NEW.first_number);
        PERFORM require_own_number(NEW.first_code, NEW.first_number);
        PERFORM require_own_number(NEW.second_code, NEW.second_number);
        RETURN NULL;
    END $$""",
    # A first qualification of somebody who was not insured before is compared with nothing, so that a load pays nothing.
    """
    CREATE CONSTRAINT TRIGGER moved_qualification_is_apart AFTER INSERT ON qualification DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.ordinal = 1 AND NEW.acquisition_ground = 'moved_within_union') EXECUTE FUNCTION qualifications_are_apart()""",
    """
    CREATE CONSTRAINT TRIGGER moved_qualification_has_own_number AFTER INSERT ON qualification DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.acquisition_ground = 'moved_within_union') EXECUTE FUNCTION number_is_own()""",
    """
    CREATE CONSTRAINT TRIGGER changed_number_is_own AFTER UPDATE ON qualification DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.insured_number <> NEW.insured_number) EXECUTE FUNCTION number_is_own()""",
    """
    CREATE CONSTRAINT TRIGGER linked_people_fit AFTER INSERT ON same_person DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION linked_people_fit()""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("carried_number", "former_dependant_said"))
