"""I-14: every kind of income is decided on for every purpose, and what the table says is what the rules do.

Seen to fail: with business_income taken out of `beside_pension` and `gross_income` of eligibility's facts.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.law import FiscalYear, day_number
from contracts.events.municipal import IncomeDetermined
from eligibility_service.law import copay_law_on
from eligibility_service.rules.copay.columns import AMOUNTS as COPAY_AMOUNTS
from eligibility_service.rules.copay.columns import Members
from eligibility_service.rules.copay.judging import judge
from premium_service.law import premium_parameters
from premium_service.rules import Households, assess

TABLE: dict[str, Any] = yaml.safe_load(Path("contracts/income_coverage.yaml").read_text(encoding="utf-8"))
PURPOSES = list(TABLE["purposes"])
AMOUNT = 1_000_000
# Enough of everything that each amount shows: nothing is at zero, nothing at a limit.
BASE = {
    "public_pension_receipts": 2_500_000, "salary_receipts": 4_000_000, "business_income": 2_000_000, "other_income": 1_000_000,
    "capital_gains": 3_000_000, "capital_gains_special_deduction": 0, "family_employee_deduction": 0,
    "family_employee_salary_received": 0, "loss_carried_forward": 0,
}  # fmt: skip
PREMIUM = {"levy": "levy_base", "reduction": "judging_income"}


def premium_values(amounts: dict[str, int]) -> dict[str, int]:
    born = day_number(date(1940, 5, 5))
    given = {"household": 1, "born_on": born, "acquired_on": born, "is_head": True, "is_insured": True, "is_assessed": True}
    known = {name: amounts[name] for name in BASE}
    result = assess(
        Households.of({name: [value] for name, value in {**given, **known}.items()}), premium_parameters("13", FiscalYear(2025))
    )
    return {purpose: int(result[column][0]) for purpose, column in PREMIUM.items()}


def copay_values(amounts: dict[str, int]) -> dict[str, tuple[int, ...]]:
    given: dict[str, Any] = {"household": 1, "born_on": day_number(date(1946, 5, 5)), "is_insured": True, "is_judged": True}
    known = {name: amounts.get(name, 0) for name in COPAY_AMOUNTS}
    found = judge(Members.of({name: [value] for name, value in {**given, **known, "has_taxable_income": True}.items()}), LAW)
    rate = ("highest_taxable", "after_deduction_sum", "pension_and_other_sum", "receipts_sum")
    limits = ("highest_taxable", "pension_receipts", "other_total")
    return {purpose: tuple(int(found[name][0]) for name in names) for purpose, names in (("copay_rate", rate), ("limit_class", limits))}


LAW = copay_law_on(date(2025, 8, 1))


def test_no_cell_of_the_table_is_empty_and_every_amount_of_a_record_stands_in_it() -> None:
    for row in TABLE["kinds"]:
        assert row.keys() == {"kind", "field", *PURPOSES}, row
        assert all(row[purpose] in ("counts", "not") for purpose in PURPOSES), row
    # What is no kind of income: totals of the others, and what is said of people.
    others = {"municipality_code", "resident_number", "income_year", "status", "total_income", "gross_income", "resident_tax_status"}
    others |= {"dependants_under_16", "dependants_16_to_18", "receives_welfare_pension"}
    envelope = {"effective_on", "sequence"}
    assert {row["field"] for row in TABLE["kinds"]} == set(IncomeDetermined.model_fields) - others - envelope


@pytest.mark.parametrize("row", TABLE["kinds"], ids=lambda row: row["kind"])
def test_an_amount_moves_what_the_table_says_it_moves_and_nothing_else(row: dict[str, str]) -> None:
    field = row["field"]
    more = {**BASE, field: BASE.get(field, 0) + AMOUNT}
    if field == "family_employee_salary_received":
        more = {**BASE, field: AMOUNT}  # part of the salary that is there
    before, after = premium_values(BASE) | copay_values(BASE), premium_values(more) | copay_values(more)
    moved = {purpose: "counts" if before[purpose] != after[purpose] else "not" for purpose in PURPOSES}
    assert moved == {purpose: row[purpose] for purpose in PURPOSES}
