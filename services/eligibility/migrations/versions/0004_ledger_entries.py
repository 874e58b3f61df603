"""What people declare, decide and correct in the insured ledger: a log that only grows."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0004"
down_revision = "eligibility_0003"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # position is the order of the log. content holds what the kind says; a wrong entry is taken back by another one, once.
    """
    CREATE TABLE ledger_entry (
        entry_id uuid PRIMARY KEY,
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        kind text NOT NULL,
        content jsonb NOT NULL,
        effective_on date NOT NULL,
        notified_on date,
        late_reason text CHECK (late_reason <> ''),
        legal_basis text NOT NULL CHECK (legal_basis <> ''),
        source text NOT NULL CHECK (source IN ('notice', 'union', 'authority')),
        reason text NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        approval_id uuid REFERENCES approval,
        CHECK (content ->> 'kind' = kind),
        CHECK ((source = 'notice') <= (notified_on IS NOT NULL)),
        CONSTRAINT grave_entry_is_approved CHECK (
            kind NOT IN ('corrected', 'amended', 'cancelled', 'renumbered', 'taken_back') OR (approval_id IS NOT NULL AND reason <> ''))
    )""",
    "CREATE INDEX ledger_entry_person ON ledger_entry (municipality_code, resident_number, position)",
    "CREATE INDEX ledger_entry_kind ON ledger_entry (kind, effective_on)",
    "CREATE UNIQUE INDEX ledger_entry_taken_back_once ON ledger_entry ((content ->> 'entry_id')) WHERE kind = 'taken_back'",
    """
    CREATE UNIQUE INDEX ledger_entry_decided_once ON ledger_entry ((content ->> 'application_id'))
    WHERE kind IN ('disability_certified', 'disability_refused')""",
    """
    CREATE FUNCTION nothing_is_edited() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'An entry is never edited or removed; take it back by another one.' USING ERRCODE = 'restrict_violation';
    END $$""",
    """
    CREATE TRIGGER ledger_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_edited()""",
    # The letters about entries and qualifications; the exact PDF lies in the object store under its key.
    """
    CREATE TABLE ledger_document (
        document_id uuid PRIMARY KEY,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        kind text NOT NULL,
        entry_id uuid REFERENCES ledger_entry,
        insured_id uuid,
        document_key text NOT NULL,
        document_sha256 text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL
    )""",
    "CREATE INDEX ledger_document_person ON ledger_document (municipality_code, resident_number, made_at)",
    # Who differed in a run of check-ledger.
    """
    CREATE TABLE ledger_difference (
        run_id uuid NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        what text NOT NULL
    )""",
    "CREATE INDEX ledger_difference_run ON ledger_difference (run_id)",
    "COMMENT ON COLUMN qualification.residence_since IS 'The day of the cause: the residence, the certification, or what began later.'",
    """COMMENT ON COLUMN resident.acquires_on IS
    'The coming day on which this resident becomes insured, or continues by age after a certified disability; else empty.'""",
    # みなし届: what a municipal record began or ended, with the record that says it. Derived, so that a load writes nothing for it.
    # Removal from the register is done by authority; reaching 75 needs no notice; what an entry brought about has its own.
    """
    CREATE VIEW deemed_notice WITH (security_invoker = true) AS
    WITH turn AS (
        SELECT q.municipality_code, q.resident_number, q.insured_id, 'acquisition' AS kind, q.acquired_on AS effective_on,
               lower(q.recorded_during) AS made_at, q.acquisition_ground AS cause
        FROM qualification_as_known q WHERE q.revision = 1 AND q.acquisition_ground = 'moved_in'
        UNION ALL
        SELECT q.municipality_code, q.resident_number, q.insured_id, 'loss', q.lost_on, lower(q.recorded_during), q.loss_reason
        FROM qualification_as_known q
        WHERE q.loss_reason IN ('death', 'moved_out', 'removed') AND NOT EXISTS (
            SELECT FROM qualification_as_known b
            WHERE (b.municipality_code, b.resident_number, b.ordinal, b.revision)
                = (q.municipality_code, q.resident_number, q.ordinal, q.revision - 1)
              AND (b.lost_on, b.loss_reason) = (q.lost_on, q.loss_reason))
    )
    SELECT t.*, r.sequence, r.change_reason, r.changed_on, r.notified_on,
           CASE WHEN t.cause = 'removed' THEN 'authority' ELSE 'deemed' END AS source,
           CASE WHEN t.cause = 'removed' THEN '住民基本台帳法（職権による消除）'
                ELSE '高齢者の医療の確保に関する法律 第54条、住民基本台帳法の届出（みなし届）' END AS legal_basis
    FROM turn t CROSS JOIN LATERAL (
        SELECT k.* FROM resident_as_known k
        WHERE (k.municipality_code, k.resident_number) = (t.municipality_code, t.resident_number)
          AND lower(k.recorded_during) <= t.made_at
        ORDER BY k.sequence DESC LIMIT 1
    ) AS r
    WHERE CASE t.kind
        WHEN 'acquisition' THEN r.resident_since = t.effective_on
        ELSE COALESCE(r.ended_on, r.changed_on) + 1 = t.effective_on
             AND t.cause = CASE r.status WHEN '2' THEN 'moved_out' WHEN '3' THEN 'death' WHEN '4' THEN 'removed' END
    END""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "eligibility", ("ledger_entry", "ledger_document", "ledger_difference"))
