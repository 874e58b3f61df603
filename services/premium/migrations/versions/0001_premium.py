"""Residents, households, incomes, insured, frozen inputs and assessments."""

from alembic import op
from chassis.row_security import seen_by_municipality
from premium_service.store.columns import assessment_ddl, input_ddl

revision = "premium_0001"
down_revision = None
branch_labels = ("premium",)
depends_on = "chassis_0001"

_TABLES = f"""
CREATE TABLE resident (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    municipality_code text NOT NULL,
    resident_number text NOT NULL,
    born_on date,
    sequence integer NOT NULL DEFAULT 0,
    name text NOT NULL DEFAULT '',
    postal_code text NOT NULL DEFAULT '',
    address text[] NOT NULL DEFAULT '{{}}',
    UNIQUE (municipality_code, resident_number)
);
CREATE TABLE household (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    municipality_code text NOT NULL,
    household_number text NOT NULL,
    revised_at timestamptz,
    UNIQUE (municipality_code, household_number)
);
CREATE TABLE membership (
    resident bigint NOT NULL REFERENCES resident,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    household_id bigint NOT NULL REFERENCES household,
    is_head boolean NOT NULL,
    PRIMARY KEY (resident, valid_from),
    CHECK (valid_from < valid_until)
);
CREATE INDEX household_revised_at ON household (revised_at) WHERE revised_at IS NOT NULL;
CREATE INDEX membership_household ON membership (household_id);
CREATE TABLE income (
    resident bigint NOT NULL REFERENCES resident,
    income_year smallint NOT NULL,
    sequence integer NOT NULL,
    income_status smallint NOT NULL,
    public_pension_receipts bigint NOT NULL,
    salary_receipts bigint NOT NULL,
    business_income bigint NOT NULL,
    other_income bigint NOT NULL,
    capital_gains bigint NOT NULL,
    capital_gains_special_deduction bigint NOT NULL,
    family_employee_deduction bigint NOT NULL,
    family_employee_salary_received bigint NOT NULL,
    loss_carried_forward bigint NOT NULL,
    total_income bigint NOT NULL,
    has_total_income boolean NOT NULL,
    PRIMARY KEY (resident, income_year)
);
CREATE TABLE insured (
    insured_id uuid PRIMARY KEY,
    resident bigint NOT NULL REFERENCES resident,
    municipality_code text NOT NULL,
    insured_number text NOT NULL,
    acquired_on date NOT NULL,
    lost_on date NOT NULL,
    by_disability boolean NOT NULL,
    sequence integer NOT NULL
);
CREATE INDEX insured_resident ON insured (resident);
CREATE TABLE household_due (household_id bigint PRIMARY KEY REFERENCES household);
CREATE TABLE assessment_input (
    run_id uuid NOT NULL,
    insured_id uuid NOT NULL,
    municipality_code text NOT NULL,
    {input_ddl()},
    household_id bigint NOT NULL,
    resident_number char(15) NOT NULL
);
CREATE INDEX assessment_input_household ON assessment_input (run_id, household);
CREATE TABLE assessment (
    assessment_id uuid NOT NULL,
    insured_id uuid NOT NULL,
    municipality_code text NOT NULL,
    fiscal_year smallint NOT NULL,
    revision smallint NOT NULL,
    decided_on date NOT NULL,
    law_hash text NOT NULL,
    rules_version text NOT NULL,
    run_id uuid NOT NULL,
    household bigint NOT NULL,
    {assessment_ddl()},
    PRIMARY KEY (insured_id, fiscal_year, revision)
);
CREATE INDEX assessment_id ON assessment (assessment_id);
"""

_SEEN_BY_MUNICIPALITY = ("resident", "insured", "assessment", "assessment_input", "household")


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    seen_by_municipality(op, "premium", _SEEN_BY_MUNICIPALITY)
    of_the_resident = "EXISTS (SELECT 1 FROM resident r WHERE r.number = {table}.resident)"
    for table in ("membership", "income"):
        seen_by_municipality(op, "premium", (table,), using=of_the_resident.format(table=table))
