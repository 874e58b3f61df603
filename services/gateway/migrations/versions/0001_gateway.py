"""What the gateway owns: sign-ins, terminals, the access log, municipal intake, traces, print log and worklist."""

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "gateway_0001"
down_revision = None
branch_labels = ("gateway",)
depends_on = "chassis_0001"

_PEOPLE = """
CREATE TABLE municipality (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{6}$'),
    name text NOT NULL,
    secret_hash text,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);
CREATE TABLE terminal (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    municipality_code text REFERENCES municipality,
    binds_itself boolean NOT NULL DEFAULT false,
    registration_sha256 bytea UNIQUE,
    registration_until timestamptz,
    registered_by text NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
COMMENT ON COLUMN terminal.binds_itself IS 'Sample data only: a browser that signs in becomes this terminal without a code.';
CREATE TABLE terminal_binding (
    token_sha256 bytea PRIMARY KEY,
    terminal_id uuid NOT NULL REFERENCES terminal,
    bound_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE account (
    id uuid PRIMARY KEY,
    user_name text NOT NULL UNIQUE,
    display_name text NOT NULL,
    password_hash text NOT NULL,
    totp_secret text,
    totp_last_step bigint NOT NULL DEFAULT 0,
    roles text[] NOT NULL,
    municipalities text[],
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    closed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN account.municipalities IS 'NULL: the whole union; else the codes whose people the account may see.';
CREATE TABLE session (
    token_sha256 bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    terminal_id uuid REFERENCES terminal,
    begun_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ended_at timestamptz,
    search jsonb
);
CREATE INDEX session_account ON session (account_id);
"""

# An entry can only be written through append_access_log, which runs as the owner and computes the chain itself.
_ACCESS_LOG = """
CREATE TABLE access_log (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    user_name text NOT NULL,
    terminal text NOT NULL,
    action text NOT NULL,
    about text[] NOT NULL,
    result text NOT NULL,
    detail text NOT NULL,
    trace_id text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX access_log_about ON access_log USING gin (about);
CREATE INDEX access_log_at ON access_log USING brin (at);
REVOKE ALL ON access_log FROM gateway_app, gateway_window;
GRANT SELECT ON access_log TO gateway_app;
"""

_APPEND = """
CREATE FUNCTION append_access_log(
    p_at timestamptz[], p_user text[], p_terminal text[], p_action text[], p_about text[], p_result text[], p_detail text[], p_trace text[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last_number bigint;
    last_hash bytea;
    next_hash bytea;
    written text;
BEGIN
    PERFORM pg_advisory_xact_lock(4706958);
    SELECT number, hash INTO last_number, last_hash FROM access_log ORDER BY number DESC LIMIT 1;
    last_number := coalesce(last_number, 0);
    last_hash := coalesce(last_hash, '\\x'::bytea);
    FOR i IN 1 .. cardinality(p_at) LOOP
        last_number := last_number + 1;
        written := concat_ws(E'\\x1f', last_number::text, to_char(p_at[i] AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
            p_user[i], p_terminal[i], p_action[i], p_about[i], p_result[i], p_detail[i], p_trace[i]);
        next_hash := sha256(last_hash || convert_to(written, 'UTF8'));
        INSERT INTO access_log VALUES (last_number, p_at[i], p_user[i], p_terminal[i], p_action[i],
            string_to_array(p_about[i], ','), p_result[i], p_detail[i], p_trace[i], last_hash, next_hash);
        last_hash := next_hash;
    END LOOP;
END $$
"""

_INTAKE = """
CREATE TABLE intake_file (
    id uuid PRIMARY KEY,
    municipality_code text NOT NULL REFERENCES municipality,
    file_name text NOT NULL,
    data_key text NOT NULL,
    data_sha256 text NOT NULL,
    data_bytes bigint NOT NULL,
    control_key text NOT NULL,
    control_sha256 text NOT NULL,
    received_at timestamptz NOT NULL,
    traceparent text,
    state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'accepted', 'accepted_with_errors', 'refused')),
    kind text,
    generation integer,
    rows bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    parked bigint NOT NULL DEFAULT 0,
    batch_id uuid,
    finished_at timestamptz,
    UNIQUE (municipality_code, data_sha256, control_sha256),
    CHECK (state NOT IN ('accepted', 'accepted_with_errors') OR rows = accepted + rejected + parked)
);
CREATE INDEX intake_file_waiting ON intake_file (received_at) WHERE state = 'received';
CREATE INDEX intake_file_generation ON intake_file (municipality_code, kind, generation);
CREATE TABLE intake_message_count (
    municipality_code text NOT NULL REFERENCES municipality,
    kind text NOT NULL,
    received_on date NOT NULL,
    accepted bigint NOT NULL,
    rejected bigint NOT NULL,
    parked bigint NOT NULL,
    PRIMARY KEY (municipality_code, kind, received_on)
);
CREATE TABLE intake_error (
    intake_id uuid NOT NULL,
    number integer NOT NULL,
    municipality_code text NOT NULL,
    code text NOT NULL,
    severity text NOT NULL,
    row_number bigint,
    column_name text,
    term text NOT NULL,
    value text NOT NULL,
    message text NOT NULL,
    remedy text NOT NULL,
    PRIMARY KEY (intake_id, number)
);
COMMENT ON COLUMN intake_error.intake_id IS 'An intake_file, or the message id of a single change.';
CREATE TABLE parked_row (
    id uuid PRIMARY KEY,
    intake_id uuid NOT NULL,
    municipality_code text NOT NULL,
    kind text NOT NULL,
    resident_number text NOT NULL,
    history_number integer NOT NULL,
    row jsonb NOT NULL,
    reasons jsonb NOT NULL,
    parked_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE INDEX parked_row_open ON parked_row (municipality_code, kind, resident_number, history_number) WHERE replaced_at IS NULL;
"""

# A ring of eight parts of eight hours: the oldest is emptied by TRUNCATE, so that keeping traces costs no vacuum.
# Unlogged: traces may be lost in a crash of the database.
_SPANS = """
CREATE TABLE span (
    slot smallint NOT NULL,
    trace_id bytea NOT NULL,
    span_id bytea NOT NULL,
    parent_id bytea,
    name text NOT NULL,
    service text NOT NULL,
    started_ns bigint NOT NULL,
    ended_ns bigint NOT NULL,
    status smallint NOT NULL,
    subject text,
    attributes jsonb NOT NULL
) PARTITION BY LIST (slot);
CREATE INDEX span_trace ON span (trace_id);
CREATE INDEX span_subject ON span (subject) WHERE subject IS NOT NULL;
CREATE INDEX span_started ON span USING brin (started_ns);
"""

_WORK = """
CREATE TABLE print_log (
    certificate_id uuid PRIMARY KEY,
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    insured_id uuid NOT NULL,
    kind text NOT NULL,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    document_sha256 text NOT NULL,
    issued_at timestamptz NOT NULL
);
CREATE INDEX print_log_person ON print_log (municipality_code, resident_number);
CREATE INDEX print_log_issued ON print_log (municipality_code, issued_at);
CREATE TABLE work_item (
    case_id uuid PRIMARY KEY,
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    insured_id uuid NOT NULL,
    kind text NOT NULL,
    fiscal_year integer,
    waiting_since date,
    raised_at timestamptz,
    closed_at timestamptz
);
CREATE INDEX work_item_open ON work_item (municipality_code, waiting_since) WHERE closed_at IS NULL;
"""

_SCOPED = ("intake_file", "intake_error", "intake_message_count", "parked_row", "print_log", "work_item")


def upgrade() -> None:
    for part in (_PEOPLE, _ACCESS_LOG, _INTAKE, _SPANS, _WORK):
        for statement in part.split(";\n"):
            if statement.strip():
                op.get_bind().exec_driver_sql(statement)
    op.get_bind().exec_driver_sql(_APPEND)
    op.execute("REVOKE ALL ON FUNCTION append_access_log FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION append_access_log TO gateway_app")
    for slot in range(8):
        op.execute(f"CREATE UNLOGGED TABLE span_{slot} PARTITION OF span FOR VALUES IN ({slot})")
        op.execute(f"GRANT TRUNCATE ON span_{slot} TO gateway_app")
    seen_by_municipality(op, "gateway", _SCOPED)
    # What a reader's role has no business with.
    op.execute("REVOKE ALL ON account, session, terminal_binding FROM gateway_window")
