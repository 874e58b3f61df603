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

from contracts.layouts import load_layout

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


IN_RECORD = [row for row in TABLE["kinds"] if "field" in row]
KEPT_OUT = [row for row in TABLE["kinds"] if "field" not in row]
EFFECTS = {"plus", "minus", "by_table", "not"}


def test_no_cell_of_the_table_is_empty_and_every_amount_of_a_record_stands_in_it() -> None:
    for row in TABLE["kinds"]:
        assert row.keys() - {"field", "kept_out_by"} == {"kind", "law", *PURPOSES}, row
        assert {row[purpose] for purpose in PREMIUM} <= EFFECTS, row
        assert all(row[purpose] in ("counts", "not") for purpose in PURPOSES if purpose not in PREMIUM), row
        assert "施行令 第18条" in row["law"], row
    # What is no kind of income: totals of the others, and what is said of people.
    others = {"municipality_code", "resident_number", "income_year", "status", "total_income", "gross_income", "resident_tax_status"}
    others |= {"dependants_under_16", "dependants_16_to_18", "receives_welfare_pension"}
    envelope = {"effective_on", "sequence"}
    assert {row["field"] for row in IN_RECORD} == set(IncomeDetermined.model_fields) - others - envelope


def changed(field: str) -> tuple[dict[str, int], dict[str, int]]:
    """The base, and the base with a million more of one amount."""
    if field == "family_employee_salary_received":
        return BASE, {**BASE, field: AMOUNT}  # part of the salary that is there
    return BASE, {**BASE, field: BASE.get(field, 0) + AMOUNT}


@pytest.mark.parametrize("row", IN_RECORD, ids=lambda row: row["kind"])
def test_an_amount_moves_what_the_table_says_it_moves_and_nothing_else(row: dict[str, str]) -> None:
    base, more = changed(row["field"])
    before, after = premium_values(base) | copay_values(base), premium_values(more) | copay_values(more)
    moved = {purpose: before[purpose] != after[purpose] for purpose in PURPOSES}
    assert moved == {purpose: row[purpose] != "not" for purpose in PURPOSES}


@pytest.mark.parametrize("purpose", PREMIUM)
@pytest.mark.parametrize("row", IN_RECORD, ids=lambda row: row["kind"])
def test_a_premium_counts_each_amount_as_the_cell_of_the_table_says(row: dict[str, str], purpose: str) -> None:
    """I-14, P-13. Seen to fail with 専従者控除 not added in `judging_income`, and with gains after their special deduction."""
    base, more = changed(row["field"])
    moved = premium_values(more)[purpose] - premium_values(base)[purpose]
    if row[purpose] == "by_table":
        sign = -1 if row["field"] == "family_employee_salary_received" else 1
        assert AMOUNT // 2 < moved * sign < AMOUNT
    else:
        assert moved == {"plus": AMOUNT, "minus": -AMOUNT, "not": 0}[row[purpose]]


@pytest.mark.parametrize("row", KEPT_OUT, ids=lambda row: row["kind"])
def test_a_kind_that_counts_for_nothing_is_kept_out_of_the_file_by_the_words_of_its_layout(row: dict[str, Any]) -> None:
    described = {field.name: field.description for field in load_layout("incomes").fields}
    assert row["kept_out_by"]["says"] in described[row["kept_out_by"]["column"]]
    assert all(row[purpose] == "not" for purpose in PURPOSES)
