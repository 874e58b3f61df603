"""The mirror of residents and the insured ledger, both in two times (infra/decisions/0010)."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0001"
down_revision = None
branch_labels = ("eligibility",)
depends_on = "chassis_0001"

_PERSON = """
    municipality_code text COLLATE "C" NOT NULL,
    resident_number text COLLATE "C" NOT NULL"""

_RECORD = f"""{_PERSON},
    sequence integer NOT NULL,
    household_number text COLLATE "C" NOT NULL,
    relationship text NOT NULL,
    status text NOT NULL,
    change_reason text NOT NULL,
    changed_on date NOT NULL,
    notified_on date,
    name text NOT NULL,
    name_kana text NOT NULL,
    sex text NOT NULL,
    born_on date NOT NULL,
    born_on_unknown_text text,
    postal_code text NOT NULL,
    address_prefecture text NOT NULL,
    address_municipality text NOT NULL,
    address_town text NOT NULL,
    address_number text NOT NULL,
    address_building text,
    resident_since date NOT NULL,
    ended_on date"""

_QUALIFICATION = f"""{_PERSON},
    ordinal smallint NOT NULL,
    insured_id uuid NOT NULL,
    insured_number text COLLATE "C" NOT NULL,
    residence_since date NOT NULL,
    acquired_on date NOT NULL,
    acquisition_ground text NOT NULL,
    lost_on date,
    loss_reason text,
    revision integer NOT NULL"""

_STATEMENTS = (
    # The present knowledge of each resident: valid from changed_on, known since recorded_from, both still open.
    # Loaded by COPY, so it has the primary key and no other index; what people search by is in resident_search.
    f"""
    CREATE TABLE resident ({_RECORD},
        acquires_on date,
        recorded_from timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (municipality_code, resident_number)
    )""",
    "COMMENT ON COLUMN resident.acquires_on IS 'The coming day on which this resident becomes insured; empty for everybody else.'",
    f"""
    CREATE TABLE resident_history ({_RECORD},
        valid_during daterange NOT NULL,
        recorded_during tstzrange NOT NULL,
        CHECK (NOT isempty(recorded_during)),
        EXCLUDE USING gist (municipality_code WITH =, resident_number WITH =, valid_during WITH &&, recorded_during WITH &&)
    )""",
    """
    CREATE VIEW resident_as_known WITH (security_invoker = true) AS
    SELECT {record}, daterange(changed_on, NULL) AS valid_during, tstzrange(recorded_from, NULL) AS recorded_during FROM resident
    UNION ALL SELECT {record}, valid_during, recorded_during FROM resident_history""",
    # The one definition of how a reading is searched: full width, without spaces and middle dots.
    """
    CREATE FUNCTION kana_key(reading text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
        SELECT normalize(translate(reading, U&' \\3000\\0009・･', ''), NFKC)
    $$""",
    f"""
    CREATE TABLE resident_search ({_PERSON},
        household_number text COLLATE "C" NOT NULL,
        kana_key text COLLATE "C" NOT NULL,
        born_on date NOT NULL,
        acquires_on date,
        PRIMARY KEY (municipality_code, resident_number)
    )""",
    "CREATE INDEX resident_search_kana ON resident_search (municipality_code, kana_key)",
    "CREATE INDEX resident_search_born_on ON resident_search (born_on)",
    "CREATE INDEX resident_search_acquires_on ON resident_search (acquires_on) WHERE acquires_on IS NOT NULL",
    "CREATE INDEX resident_search_household ON resident_search (municipality_code, household_number)",
    # Who holds which number; nobody's number is ever another's. Kept at once for single changes, within seconds after a batch.
    f"""
    CREATE TABLE insured_number_search (
        insured_number text COLLATE "C" NOT NULL UNIQUE,{_PERSON},
        ordinal smallint NOT NULL,
        PRIMARY KEY (insured_number, municipality_code, resident_number, ordinal)
    )""",
    # A sealed batch writes what is still to be made searchable; a worker follows within seconds.
    """
    CREATE TABLE search_due (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        first_number text COLLATE "C" NOT NULL,
        last_number text COLLATE "C" NOT NULL
    )""",
    # The present knowledge of each qualification. lost_on = acquired_on is an empty period: acquired by mistake, and cancelled.
    f"""
    CREATE TABLE qualification ({_QUALIFICATION},
        recorded_from timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (municipality_code, resident_number, ordinal),
        CHECK (acquired_on >= DATE '2008-04-01'),
        CHECK (lost_on >= acquired_on),
        CHECK ((loss_reason IS NOT NULL) = (lost_on > acquired_on) OR (lost_on IS NULL AND loss_reason IS NULL))
    )""",
    f"""
    CREATE TABLE qualification_history ({_QUALIFICATION},
        valid_during daterange NOT NULL,
        recorded_during tstzrange NOT NULL,
        CHECK (NOT isempty(recorded_during)),
        EXCLUDE USING gist (municipality_code WITH =, resident_number WITH =, valid_during WITH &&, recorded_during WITH &&),
        EXCLUDE USING gist (insured_id WITH =, recorded_during WITH &&)
    )""",
    """
    CREATE VIEW qualification_as_known WITH (security_invoker = true) AS
    SELECT {qualification}, daterange(acquired_on, lost_on) AS valid_during, tstzrange(recorded_from, NULL) AS recorded_during
    FROM qualification
    UNION ALL SELECT {qualification}, valid_during, recorded_during FROM qualification_history""",
    # A person's first qualification cannot overlap anything: ordinal 1 is unique. Only a further one, or a changed one, is compared.
    """
    CREATE FUNCTION qualifications_are_apart() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM qualification a JOIN qualification b USING (municipality_code, resident_number)
            WHERE (municipality_code, resident_number) = (NEW.municipality_code, NEW.resident_number)
              AND a.ordinal < b.ordinal AND daterange(a.acquired_on, a.lost_on) && daterange(b.acquired_on, b.lost_on)
        ) THEN
            RAISE EXCEPTION 'Two qualifications of one person overlap.' USING ERRCODE = 'exclusion_violation';
        END IF;
        RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER further_qualification_is_apart AFTER INSERT ON qualification
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.ordinal > 1) EXECUTE FUNCTION qualifications_are_apart()""",
    """
    CREATE CONSTRAINT TRIGGER changed_qualification_is_apart AFTER UPDATE ON qualification
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION qualifications_are_apart()""",
    "CREATE SEQUENCE insured_number_sequence MINVALUE 1 MAXVALUE 99999999 NO CYCLE",
    # Consecutive numbers for a whole batch in one call. The lock lasts for the call alone, not for the transaction, so that a large
    # batch does not keep others waiting; numbers of a transaction that fails are never given to anybody.
    """
    CREATE FUNCTION take_insured_numbers(count integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
    DECLARE
        first bigint;
    BEGIN
        PERFORM pg_advisory_lock(hashtext('insured_number_sequence'));
        first := nextval('insured_number_sequence');
        IF count > 1 THEN
            PERFORM setval('insured_number_sequence', first + count - 1);
        END IF;
        PERFORM pg_advisory_unlock(hashtext('insured_number_sequence'));
        RETURN first;
    EXCEPTION WHEN OTHERS THEN
        PERFORM pg_advisory_unlock(hashtext('insured_number_sequence'));
        RAISE;
    END $$""",
    """
    CREATE TABLE union_setting (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        insured_number_has_check_digit boolean NOT NULL DEFAULT false,
        insurer_name text NOT NULL DEFAULT '後期高齢者医療広域連合'
    )""",
    "INSERT INTO union_setting DEFAULT VALUES",
)

_SCOPED = (
    "resident",
    "resident_history",
    "resident_search",
    "insured_number_search",
    "qualification",
    "qualification_history",
    "search_due",
)


def _names(columns: str) -> str:
    return ", ".join(line.split()[0] for line in columns.split(",\n"))


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement.replace("{record}", _names(_RECORD)).replace("{qualification}", _names(_QUALIFICATION)))
    seen_by_municipality(op, "eligibility", _SCOPED)
