"""移行業務: the phase of the installation, what municipalities have sent, the plan, the result table; and lists that were made."""

from __future__ import annotations

from alembic import op
from chassis.row_security import OWN_MUNICIPALITIES, seen_by_municipality

revision = "eligibility_0007"
down_revision = "eligibility_0006"
branch_labels = None
depends_on = None

# What a reset leaves: decisions of people, the plan, and what the municipalities announced, so that a rehearsal can be repeated.
_KEPT = (
    "alembic_version", "phase", "union_setting", "migration_plan", "expected_municipality", "milestone", "approval", "answered_request",
    "municipal_batch",
)  # fmt: skip

_STATEMENTS = (
    # Every step is a row, the last one is the present. No row: an installation that was at routine work before there were phases.
    """
    CREATE TABLE phase (
        number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        phase text NOT NULL CHECK (phase IN ('rehearsal', 'migration', 'routine')),
        begun_at timestamptz NOT NULL,
        reason text NOT NULL,
        asked_by text NOT NULL,
        approval_id uuid
    )""",
    """
    CREATE FUNCTION present_phase() RETURNS text LANGUAGE sql STABLE AS $$
        SELECT COALESCE((SELECT phase FROM phase ORDER BY number DESC LIMIT 1), 'routine')
    $$""",
    """
    CREATE FUNCTION phase_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        steps CONSTANT text[] := ARRAY['rehearsal', 'migration', 'routine'];
    BEGIN
        IF EXISTS (SELECT FROM phase) AND array_position(steps, NEW.phase) <> array_position(steps, present_phase()) + 1 THEN
            RAISE EXCEPTION 'From % there is no step to %.', present_phase(), NEW.phase USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$""",
    "CREATE TRIGGER phase_goes_forward BEFORE INSERT ON phase FOR EACH ROW EXECUTE FUNCTION phase_goes_forward()",
    "REVOKE UPDATE, DELETE ON phase FROM eligibility_app",
    # A rehearsal is heard by nobody, whoever publishes: what was never said need not be taken back (infra/decisions/0016).
    """
    CREATE FUNCTION nothing_is_said_in_rehearsal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.exchange = 'eligibility.events' AND present_phase() = 'rehearsal' THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER nothing_is_said_in_rehearsal BEFORE INSERT ON outbox
    FOR EACH ROW EXECUTE FUNCTION nothing_is_said_in_rehearsal()""",
    # The application may not truncate; this may, of a rehearsal, everything that is not on the list.
    f"""
    CREATE FUNCTION empty_rehearsal() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        emptied text;
        log text;
    BEGIN
        IF present_phase() <> 'rehearsal' THEN
            RAISE EXCEPTION 'Only a rehearsal is emptied.' USING ERRCODE = 'check_violation';
        END IF;
        SELECT string_agg(quote_ident(relname), ', ') INTO emptied FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND NOT relispartition
          AND relname <> ALL (ARRAY[{", ".join(f"'{name}'" for name in _KEPT)}]);
        -- A log that only grows may still be one of a rehearsal.
        FOR log IN SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
            WHERE NOT tgisinternal AND tgtype & 32 = 32
        LOOP
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', log);
        END LOOP;
        EXECUTE 'TRUNCATE ' || emptied || ' RESTART IDENTITY';
        FOR log IN SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 32 = 32 LOOP
            EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', log);
        END LOOP;
        PERFORM setval('insured_number_sequence', 1, false);
    END $$""",
    "REVOKE ALL ON FUNCTION empty_rehearsal FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION empty_rehearsal TO eligibility_app",
    """
    CREATE TABLE migration_plan (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        cut_off_on date NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL
    )""",
    """CREATE TABLE expected_municipality (municipality_code text COLLATE "C" PRIMARY KEY)""",
    """
    CREATE TABLE milestone (
        milestone text PRIMARY KEY,
        planned_on date,
        reached_on date,
        note text NOT NULL DEFAULT '',
        written_by text NOT NULL,
        written_at timestamptz NOT NULL
    )""",
    # body: the announcement as it came; sent = accepted + rejected + parked by the gateway's count, null where it did not say.
    """
    CREATE TABLE municipal_batch (
        batch_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        generation integer NOT NULL,
        complete_as_of date,
        sent bigint,
        accepted bigint NOT NULL,
        rejected bigint,
        parked bigint,
        people bigint NOT NULL,
        received_at timestamptz NOT NULL,
        body bytea NOT NULL,
        CHECK (sent = accepted + rejected + parked)
    )""",
    "CREATE INDEX municipal_batch_generation ON municipal_batch (municipality_code, generation)",
    """
    CREATE TABLE creation_result (
        run_id uuid NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        batch_id uuid NOT NULL,
        cut_off_on date NOT NULL,
        sent bigint NOT NULL,
        accepted bigint NOT NULL,
        rejected bigint NOT NULL,
        parked bigint NOT NULL,
        residents bigint NOT NULL,
        birth_unknown bigint NOT NULL,
        insured jsonb NOT NULL,
        not_insured jsonb NOT NULL,
        differences jsonb NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (run_id, municipality_code)
    )""",
    "CREATE INDEX creation_result_latest ON creation_result (municipality_code, made_at)",
    """
    CREATE TABLE made_list (
        list_id uuid PRIMARY KEY,
        kind text NOT NULL,
        form text NOT NULL CHECK (form IN ('pdf', 'csv', 'csv_cp932')),
        municipality_code text COLLATE "C" NOT NULL,
        asked jsonb NOT NULL,
        place text NOT NULL,
        rows bigint NOT NULL,
        marked bigint NOT NULL DEFAULT 0,
        rows_key text NOT NULL,
        rows_sha256 text NOT NULL,
        run_id uuid,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        made_at timestamptz
    )""",
    "COMMENT ON COLUMN made_list.marked IS 'Rows with a character that this form cannot show; each is marked in the file.'",
    "COMMENT ON COLUMN made_list.municipality_code IS '*: the whole union, for the union''s staff alone.'",
    "CREATE INDEX made_list_latest ON made_list (asked_at)",
    """
    CREATE TABLE made_list_part (
        list_id uuid NOT NULL REFERENCES made_list,
        number integer NOT NULL,
        document_key text NOT NULL,
        document_sha256 text NOT NULL,
        rows bigint NOT NULL,
        pages integer,
        PRIMARY KEY (list_id, number)
    )""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("expected_municipality", "municipal_batch", "creation_result", "made_list"))
    of_own = f"EXISTS (SELECT FROM made_list l WHERE l.list_id = made_list_part.list_id AND ({OWN_MUNICIPALITIES}))"
    seen_by_municipality(op, "eligibility", ("made_list_part",), using=of_own)
