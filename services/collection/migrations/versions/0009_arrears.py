"""Arrears: demands, reminders and talks, promises, enforcement and who may do it, what was written off, and what was last reported."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "collection_0009"
down_revision = "collection_0008"
branch_labels = None
depends_on = None

_INSTALMENT = "insured_id uuid NOT NULL, fiscal_year smallint NOT NULL, number smallint NOT NULL"
_WHOSE = 'municipality_code text COLLATE "C" NOT NULL'
_RESIDENT = f'{_WHOSE}, resident_number text COLLATE "C" NOT NULL'

_TABLES = (
    # 督促状: one of each instalment. `replaces`: it was sent again after the first came back; what came back has no effect on 時効.
    f"""
    CREATE TABLE demand (
        demand_id uuid PRIMARY KEY,
        run_id uuid,
        position integer,
        {_INSTALMENT}, {_RESIDENT},
        due_on date NOT NULL,
        unpaid bigint NOT NULL CHECK (unpaid > 0),
        fee bigint NOT NULL CHECK (fee >= 0),
        pay_by date NOT NULL,
        state text NOT NULL CHECK (state IN ('planned', 'issued', 'refused', 'overtaken')),
        issued_on date,
        document_sha256 text,
        page integer,
        by_hand boolean NOT NULL DEFAULT false,
        refusal text,
        replaces uuid UNIQUE REFERENCES demand,
        returned_on date,
        return_reason text,
        CHECK ((state = 'issued') = (num_nulls(issued_on, document_sha256, page) = 0)),
        CHECK ((state = 'refused') = (refusal IS NOT NULL)),
        CHECK ((returned_on IS NULL) = (return_reason IS NULL)),
        CHECK (returned_on IS NULL OR (state = 'issued' AND returned_on >= issued_on))
    )""",
    "CREATE UNIQUE INDEX demand_run ON demand (run_id, position)",
    "CREATE UNIQUE INDEX demand_once ON demand (insured_id, fiscal_year, number) WHERE state IN ('planned', 'issued') AND replaces IS NULL",
    "CREATE INDEX demand_person ON demand (municipality_code, resident_number)",
    # 催告書, and of which instalments.
    f"""
    CREATE TABLE reminder (
        reminder_id uuid PRIMARY KEY,
        {_RESIDENT},
        issued_on date NOT NULL,
        pay_by date NOT NULL,
        document_sha256 text NOT NULL,
        by_hand boolean NOT NULL,
        issued_by text NOT NULL
    )""",
    "CREATE INDEX reminder_person ON reminder (municipality_code, resident_number)",
    f"""
    CREATE TABLE reminder_instalment (
        reminder_id uuid NOT NULL REFERENCES reminder,
        {_INSTALMENT}, {_WHOSE},
        unpaid bigint NOT NULL CHECK (unpaid >= 0),
        late_charge bigint NOT NULL CHECK (late_charge >= 0),
        PRIMARY KEY (reminder_id, insured_id, fiscal_year, number)
    )""",
    "CREATE INDEX reminder_instalment_of ON reminder_instalment (insured_id, fiscal_year, number)",
    # 督励記録: what was said on the telephone, on a visit, at the window. Written once.
    f"""
    CREATE TABLE talk (
        talk_id uuid PRIMARY KEY,
        {_RESIDENT},
        talked_on date NOT NULL,
        way text NOT NULL CHECK (way IN ('telephone', 'visit', 'window')),
        outcome text NOT NULL CHECK (outcome IN ('absent', 'will_pay', 'will_consult', 'cannot_pay', 'refuses', 'other')),
        remark text NOT NULL,
        written_by text NOT NULL,
        written_at timestamptz NOT NULL
    )""",
    "CREATE INDEX talk_person ON talk (municipality_code, resident_number)",
    # 納付誓約: a plan of days (promise_part) for instalments; without a plan it recognises the debt alone (債務承認).
    f"""
    CREATE TABLE promise (
        promise_id uuid PRIMARY KEY,
        {_RESIDENT},
        promised_on date NOT NULL,
        promised_by text NOT NULL,
        state text NOT NULL CHECK (state IN ('recognised', 'running', 'kept', 'broken', 'withdrawn')),
        ended_on date,
        remark text NOT NULL,
        document_sha256 text NOT NULL,
        written_by text NOT NULL,
        CHECK ((state IN ('recognised', 'running')) = (ended_on IS NULL))
    )""",
    "CREATE UNIQUE INDEX promise_running ON promise (municipality_code, resident_number) WHERE state = 'running'",
    f"""
    CREATE TABLE promise_instalment (
        promise_id uuid NOT NULL REFERENCES promise,
        {_INSTALMENT}, {_WHOSE},
        unpaid bigint NOT NULL CHECK (unpaid > 0),
        PRIMARY KEY (promise_id, insured_id, fiscal_year, number)
    )""",
    "CREATE INDEX promise_instalment_of ON promise_instalment (insured_id, fiscal_year, number)",
    f"""
    CREATE TABLE promise_part (
        promise_id uuid NOT NULL REFERENCES promise,
        position smallint NOT NULL CHECK (position > 0),
        {_WHOSE},
        due_on date NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        PRIMARY KEY (promise_id, position)
    )""",
    # 徴税吏員: to whom a municipality has given the power; from when until when.
    f"""
    CREATE TABLE collection_officer (
        {_WHOSE},
        user_name text NOT NULL,
        valid_from date NOT NULL,
        valid_until date,
        name text NOT NULL,
        certificate_number text NOT NULL,
        PRIMARY KEY (municipality_code, user_name, valid_from),
        CHECK (valid_until IS NULL OR valid_until >= valid_from)
    )""",
    f"""
    CREATE TABLE enforcement (
        enforcement_id uuid PRIMARY KEY,
        {_RESIDENT},
        state text NOT NULL CHECK (state IN ('investigating', 'seized', 'converted', 'distributed', 'released', 'ended')),
        opened_on date NOT NULL
    )""",
    "CREATE INDEX enforcement_person ON enforcement (municipality_code, resident_number)",
    f"""
    CREATE TABLE enforcement_instalment (
        enforcement_id uuid NOT NULL REFERENCES enforcement,
        {_INSTALMENT}, {_WHOSE},
        PRIMARY KEY (enforcement_id, insured_id, fiscal_year, number)
    )""",
    "CREATE INDEX enforcement_instalment_of ON enforcement_instalment (insured_id, fiscal_year, number)",
    f"""
    CREATE TABLE enforcement_step (
        enforcement_id uuid NOT NULL REFERENCES enforcement,
        position smallint NOT NULL CHECK (position > 0),
        {_WHOSE},
        step text NOT NULL CHECK (step IN ('open', 'investigate', 'seize', 'convert', 'distribute', 'release', 'withdraw', 'end')),
        taken_on date NOT NULL,
        officer text NOT NULL,
        officer_name text NOT NULL,
        certificate_number text NOT NULL,
        what text NOT NULL,
        amount bigint CHECK (amount > 0),
        document_title text NOT NULL,
        document_reference text NOT NULL,
        written_at timestamptz NOT NULL,
        PRIMARY KEY (enforcement_id, position)
    )""",
    # 不納欠損: what a second officer approved; the yen stand in money_entry.
    f"""
    CREATE TABLE write_off (
        entry_id uuid PRIMARY KEY REFERENCES money_entry,
        approval_id uuid NOT NULL REFERENCES approval,
        {_INSTALMENT}, {_RESIDENT},
        due_on date NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        extinct_on date NOT NULL,
        written_off_on date NOT NULL CHECK (written_off_on >= extinct_on)
    )""",
    "CREATE INDEX write_off_day ON write_off (municipality_code, written_off_on)",
    # 滞納情報 as it was last said of each insured person.
    f"""
    CREATE TABLE arrears_report (
        insured_id uuid PRIMARY KEY,
        {_RESIDENT},
        unpaid_amount bigint NOT NULL CHECK (unpaid_amount >= 0),
        oldest_due_on date,
        last_paid_on date,
        reported_on date NOT NULL,
        CHECK ((unpaid_amount = 0) = (oldest_due_on IS NULL))
    )""",
)
_WRITTEN_ONCE = (
    "reminder_instalment",
    "talk",
    "promise_instalment",
    "promise_part",
    "enforcement_instalment",
    "enforcement_step",
    "write_off",
)
_RECORD_STAYS = """
CREATE FUNCTION record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are neither changed nor removed.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
_SEEN_BY_MUNICIPALITY = (
    "demand",
    "reminder",
    "reminder_instalment",
    "talk",
    "promise",
    "promise_instalment",
    "promise_part",
    "collection_officer",
    "enforcement",
    "enforcement_instalment",
    "enforcement_step",
    "write_off",
    "arrears_report",
)


def upgrade() -> None:
    for statement in (*_TABLES, _RECORD_STAYS):
        op.execute(statement)
    for table in _WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION record_stays()"
        )
    seen_by_municipality(op, "collection", _SEEN_BY_MUNICIPALITY)
