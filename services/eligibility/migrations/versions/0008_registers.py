"""Delivery addresses, protected addresses, surveys and doubtful duplicates."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "eligibility_0008"
down_revision = "eligibility_0007"
branch_labels = None
depends_on = None

_PERSON = """
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL"""
_TWO_TIMES = """
        valid_during daterange NOT NULL CHECK (NOT isempty(valid_during)),
        recorded_during tstzrange NOT NULL CHECK (NOT isempty(recorded_during))"""
_SHOWN = (
    "municipality_code", "resident_number", "sequence", "household_number", "relationship", "status", "change_reason", "changed_on",
    "notified_on", "name", "name_kana", "sex", "born_on", "born_on_unknown_text", "resident_since", "ended_on", "acquires_on",
    "recorded_from",
)  # fmt: skip
_WITHHELD = ("postal_code", "address_prefecture", "address_municipality", "address_town", "address_number", "address_building")

_STATEMENTS = (
    # 送付先: where letters of a purpose go instead of the address in the register. One for each purpose and day in one knowledge.
    f"""
    CREATE TABLE delivery_address (
        delivery_id uuid NOT NULL,{_PERSON},
        purpose text NOT NULL CHECK (purpose IN ('everything', 'certificate', 'premium', 'benefit')),
        applicant text NOT NULL CHECK (applicant <> ''),
        relationship text NOT NULL CHECK (relationship <> ''),
        recipient text NOT NULL CHECK (recipient <> ''),
        postal_code text NOT NULL CHECK (postal_code ~ '^[0-9]{{7}}$'),
        address text[] NOT NULL CHECK (cardinality(address) BETWEEN 1 AND 4),
        approval_id uuid NOT NULL REFERENCES approval,{_TWO_TIMES},
        EXCLUDE USING gist (
            municipality_code WITH =, resident_number WITH =, purpose WITH =, valid_during WITH &&, recorded_during WITH &&)
    )""",
    "CREATE INDEX delivery_address_person ON delivery_address (municipality_code, resident_number) WHERE upper_inf(recorded_during)",
    # The letters that tell of a change, to the old and to the new address.
    f"""
    CREATE TABLE delivery_letter (
        letter_id uuid PRIMARY KEY,
        approval_id uuid NOT NULL REFERENCES approval,{_PERSON},
        recipient text NOT NULL CHECK (recipient IN ('old', 'new')),
        document_key text NOT NULL,
        document_sha256 text NOT NULL,
        made_at timestamptz NOT NULL,
        UNIQUE (approval_id, recipient)
    )""",
    # 支援措置: the address is withheld from the registration until an officer has ended it (valid_during is open as long); expires_on,
    # the last day of the period, releases nothing by itself.
    f"""
    CREATE TABLE address_protection (
        protection_id uuid NOT NULL,{_PERSON},
        revision integer NOT NULL CHECK (revision > 0),
        applicant text NOT NULL CHECK (applicant <> ''),
        ground text NOT NULL CHECK (ground IN ('domestic_violence', 'stalking', 'child_abuse', 'other')),
        expires_on date NOT NULL,
        remark text NOT NULL,
        kept_by text NOT NULL,{_TWO_TIMES},
        CHECK (expires_on >= lower(valid_during)),
        UNIQUE (municipality_code, resident_number, revision),
        EXCLUDE USING gist (municipality_code WITH =, resident_number WITH =, valid_during WITH &&, recorded_during WITH &&)
    )""",
    """
    CREATE INDEX address_protection_open ON address_protection (municipality_code, resident_number)
    WHERE upper_inf(recorded_during) AND upper_inf(valid_during)""",
    # Whoever reads addresses for a person or a paper reads them here. Withheld are protected people and whoever lives in their household.
    f"""
    CREATE VIEW resident_shown WITH (security_invoker = true) AS
    SELECT {", ".join(f"r.{name}" for name in _SHOWN)}, r.address_withheld,
           {", ".join(f"CASE WHEN NOT r.address_withheld THEN r.{name} END AS {name}" for name in _WITHHELD)}
    FROM (
        SELECT *, (municipality_code, household_number) IN (
            SELECT o.municipality_code, o.household_number FROM address_protection p
            JOIN resident o USING (municipality_code, resident_number)
            WHERE upper_inf(p.recorded_during) AND upper_inf(p.valid_during)
        ) OR (municipality_code, resident_number) IN (
            SELECT p.municipality_code, p.resident_number FROM address_protection p
            WHERE upper_inf(p.recorded_during) AND upper_inf(p.valid_during)
        ) AS address_withheld
        FROM resident
    ) AS r""",
    # A second officer has let one person see one address once, or print it on one paper, until a moment.
    f"""
    CREATE TABLE address_release (
        release_id uuid PRIMARY KEY,{_PERSON},
        approval_id uuid NOT NULL UNIQUE REFERENCES approval,
        document text NOT NULL CHECK (document IN ('screen', 'certificate')),
        certificate_id uuid,
        given_to text NOT NULL,
        given_until timestamptz NOT NULL,
        used_at timestamptz
    )""",
    # Papers of protected people: handed over by a person, never in the files that go to the post.
    f"""
    CREATE TABLE handover (
        handover_id uuid PRIMARY KEY,{_PERSON},
        certificate_id uuid NOT NULL UNIQUE REFERENCES certificate,
        printed_on date NOT NULL,
        handed_on date,
        handed_by text,
        manner text,
        CHECK ((handed_on IS NULL) = (handed_by IS NULL) AND (handed_on IS NULL) = (manner IS NULL))
    )""",
    "CREATE INDEX handover_waiting ON handover (municipality_code, printed_on) WHERE handed_on IS NULL",
    # 居所不明者の調査
    f"""
    CREATE TABLE residence_survey (
        survey_id uuid PRIMARY KEY,{_PERSON},
        cause text NOT NULL CHECK (cause IN ('returned_mail', 'report')),
        remark text NOT NULL,
        step text NOT NULL CHECK (step IN ('surveying', 'found', 'removal_asked', 'removed')),
        opened_on date NOT NULL,
        opened_by text NOT NULL,
        deadline date NOT NULL CHECK (deadline >= opened_on),
        closed_on date CHECK (closed_on >= opened_on),
        CHECK ((step IN ('found', 'removed')) = (closed_on IS NOT NULL))
    )""",
    "CREATE UNIQUE INDEX residence_survey_open ON residence_survey (municipality_code, resident_number) WHERE closed_on IS NULL",
    f"""
    CREATE TABLE residence_survey_entry (
        entry_id uuid PRIMARY KEY,
        survey_id uuid NOT NULL REFERENCES residence_survey,{_PERSON},
        kind text NOT NULL CHECK (kind IN ('opened', 'visit', 'telephone', 'letter', 'inquiry', 'found', 'removal_asked', 'removed')),
        done_on date NOT NULL,
        remark text NOT NULL CHECK (remark <> ''),
        kept_by text NOT NULL,
        kept_at timestamptz NOT NULL
    )""",
    "CREATE INDEX residence_survey_entry_survey ON residence_survey_entry (survey_id, kept_at)",
    # 名寄せ: two residents that may be one person; the smaller key (municipality code, number) first.
    """
    CREATE TABLE duplicate_candidate (
        candidate_id uuid PRIMARY KEY,
        first_code text COLLATE "C" NOT NULL,
        first_number text COLLATE "C" NOT NULL,
        second_code text COLLATE "C" NOT NULL,
        second_number text COLLATE "C" NOT NULL,
        kana_agrees boolean NOT NULL,
        birth_agrees boolean NOT NULL,
        sex_agrees boolean NOT NULL,
        address_agrees boolean NOT NULL,
        earlier_address_agrees boolean NOT NULL,
        name_similarity smallint NOT NULL CHECK (name_similarity BETWEEN 0 AND 100),
        state text NOT NULL CHECK (state IN ('open', 'decided')),
        found_at timestamptz NOT NULL,
        CHECK ((first_code, first_number) < (second_code, second_number)),
        UNIQUE (first_code, first_number, second_code, second_number)
    )""",
    "CREATE INDEX duplicate_candidate_open ON duplicate_candidate (found_at) WHERE state <> 'decided'",
    "CREATE INDEX duplicate_candidate_second ON duplicate_candidate (second_code, second_number)",
    # What was decided about two residents; `ground`: agreement of all four attributes, or two officers. Both times.
    f"""
    CREATE TABLE same_person (
        decision_id uuid PRIMARY KEY,
        first_code text COLLATE "C" NOT NULL,
        first_number text COLLATE "C" NOT NULL,
        second_code text COLLATE "C" NOT NULL,
        second_number text COLLATE "C" NOT NULL,
        is_same boolean NOT NULL,
        ground text NOT NULL CHECK (ground IN ('four_attributes', 'officers')),
        reason text NOT NULL CHECK (reason <> ''),
        approval_id uuid REFERENCES approval,
        decided_by text NOT NULL,{_TWO_TIMES},
        CHECK ((first_code, first_number) < (second_code, second_number)),
        CHECK ((ground = 'officers') = (approval_id IS NOT NULL)),
        CHECK (ground = 'officers' OR is_same),
        EXCLUDE USING gist (
            first_code WITH =, first_number WITH =, second_code WITH =, second_number WITH =, valid_during WITH &&, recorded_during WITH &&)
    )""",
    "CREATE INDEX same_person_second ON same_person (second_code, second_number)",
)
_SETTINGS = (
    "ALTER TABLE union_setting ADD COLUMN contact_office text NOT NULL DEFAULT '広域連合'",
    "ALTER TABLE union_setting ADD COLUMN contact_telephone text NOT NULL DEFAULT '00-0000-0000'",
    "ALTER TABLE union_setting ADD COLUMN protection_alert_days integer NOT NULL DEFAULT 30",
    "ALTER TABLE certificate ADD COLUMN address_withheld boolean NOT NULL DEFAULT false",
    "COMMENT ON COLUMN certificate.address_withheld IS 'Printed without the address, so that the paper may be opened again.'",
)
_SCOPED = (
    "delivery_address", "delivery_letter", "address_protection", "address_release", "handover", "residence_survey",
    "residence_survey_entry",
)  # fmt: skip
_SCOPE = "current_setting('koki.scope', true)"
_BOTH_OWN = f"{_SCOPE} = '*' OR (first_code = ANY (string_to_array({_SCOPE}, ',')) AND second_code = ANY (string_to_array({_SCOPE}, ',')))"


def upgrade() -> None:
    for statement in (*_STATEMENTS, *_SETTINGS):
        op.execute(statement)
    seen_by_municipality(op, "eligibility", _SCOPED)
    seen_by_municipality(op, "eligibility", ("duplicate_candidate", "same_person"), using=_BOTH_OWN)
