"""決定通知書 and 変更通知書 as they were printed: by run, each with its place in a print file."""

from __future__ import annotations

from alembic import op
from chassis.row_security import seen_by_municipality

revision = "premium_0008"
down_revision = "premium_0007"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # A notice tells of a decision (revision). `told` is the revision that the last notice issued before it told of, with its yen; 0: none,
    # and it is the first of the fiscal year.
    """
    CREATE TABLE decision_notice (
        run_id uuid NOT NULL,
        number integer NOT NULL CHECK (number > 0),
        insured_id uuid NOT NULL,
        fiscal_year smallint NOT NULL,
        revision smallint NOT NULL CHECK (revision > 0),
        told smallint NOT NULL CHECK (told >= 0 AND told < revision),
        assessment_id uuid NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        resident_number text COLLATE "C" NOT NULL,
        annual_amount bigint NOT NULL CHECK (annual_amount >= 0),
        amount_told bigint NOT NULL CHECK (amount_told >= 0),
        state text NOT NULL CHECK (state IN ('planned', 'issued', 'refused', 'overtaken')),
        by_hand boolean NOT NULL DEFAULT false,
        issued_on date,
        document_sha256 text,
        first_page integer,
        pages integer,
        refusal text,
        PRIMARY KEY (run_id, number),
        CHECK (CASE state WHEN 'issued' THEN num_nulls(issued_on, document_sha256, first_page, pages) = 0
               ELSE num_nonnulls(issued_on, document_sha256, first_page, pages) = 0 END),
        CHECK ((state = 'refused') = (refusal IS NOT NULL))
    )""",
    # Nobody is told the same twice.
    """
    CREATE UNIQUE INDEX decision_notice_once ON decision_notice (insured_id, fiscal_year, revision)
    WHERE state IN ('planned', 'issued')""",
    "CREATE INDEX decision_notice_of_assessment ON decision_notice (assessment_id)",
    "CREATE INDEX decision_notice_person ON decision_notice (municipality_code, resident_number)",
    # `number`: the first notice in the file.
    """
    CREATE TABLE print_file (
        run_id uuid NOT NULL,
        number integer NOT NULL,
        municipality_code text COLLATE "C" NOT NULL,
        is_change boolean NOT NULL,
        by_hand boolean NOT NULL,
        notices integer NOT NULL CHECK (notices > 0),
        pages integer NOT NULL CHECK (pages >= notices),
        yen bigint NOT NULL,
        document_sha256 text NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (run_id, number)
    )""",
)
_SEEN_BY_MUNICIPALITY = ("decision_notice", "print_file")


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    seen_by_municipality(op, "premium", _SEEN_BY_MUNICIPALITY)
