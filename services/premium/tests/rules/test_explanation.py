"""Every yen explained (P-16, Z-01): the steps end in the amounts, name their articles, and say what is provisional."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pytest
from chassis.law import NEVER, FiscalYear, day_number
from premium_service.law import premium_parameters
from premium_service.rules import Assessments, Households, Step, assess, explain

JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def _random_households(year: int) -> Assessments:
    generator = np.random.default_rng(year)
    rows = 400
    household = np.sort(generator.integers(0, 220, rows))
    first = np.r_[True, household[1:] != household[:-1]]
    acquired = generator.integers(day_number(date(2008, 4, 1)), day_number(date(2026, 12, 1)), rows)
    columns: dict[str, Any] = {
        "household": household,
        "member": np.arange(rows),
        "born_on": generator.integers(day_number(date(1920, 1, 1)), day_number(date(1962, 1, 1)), rows),
        "acquired_on": acquired,
        "lost_on": np.where(generator.random(rows) < 0.9, NEVER, acquired + 900),
        "former_dependant_since": np.where(generator.random(rows) < 0.1, acquired, NEVER),
        "public_pension_receipts": generator.integers(0, 4_000_000, rows) * (generator.random(rows) < 0.9),
        "salary_receipts": generator.integers(0, 9_000_000, rows) * (generator.random(rows) < 0.3),
        "business_income": generator.integers(-500_000, 3_000_000, rows) * (generator.random(rows) < 0.1),
        "capital_gains": generator.integers(0, 40_000_000, rows) * (generator.random(rows) < 0.05),
        "capital_gains_special_deduction": 1_000_000,
        "loss_carried_forward": generator.integers(0, 500_000, rows) * (generator.random(rows) < 0.05),
        "total_income": 1_500_000,
        "has_total_income": generator.random(rows) < 0.1,
        "income_status": generator.choice([1, 1, 1, 1, 1, 2, 3], rows),
        "is_head": first,
        "is_insured": True,
        "is_assessed": True,
    }
    return assess(Households.of(columns), premium_parameters("13", FiscalYear(year)))


def _last(steps: list[Step], name: str, part: str | None = None) -> Step:
    return [step for step in steps if step.name == name and step.part == part][-1]


@pytest.mark.parametrize("year", [2008, 2013, 2017, 2020, 2024, 2026])
def test_the_steps_of_every_person_end_in_the_amounts_of_the_assessment(year: int) -> None:
    result = _random_households(year)
    for row in range(result.rows):
        steps = explain(result, row)
        refused = int(result["outcome"][row]) >= 3
        assert steps[-1].name == "annual_amount"
        assert steps[-1].value == (None if refused else int(result["annual_amount"][row]))
        assert _last(steps, "levy_base").value == int(result["levy_base"][row])
        assert _last(steps, "tier").value == int(result["tier"][row])
        for part in result.parameters.parts:
            assert _last(steps, "amount", part).value == int(result[f"{part}_amount"][row])
            assert _last(steps, "income_levy", part).value == int(result[f"{part}_income_levy"][row])
        for step in steps:
            assert step.law
            assert step.formula
            assert step.term
            assert set(step.provisional) <= set(step.parameters)


def _yen(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"(-?[\d,]+)円", text)]


@pytest.mark.parametrize("year", [2010, 2026])
def test_sums_shown_in_formulas_are_true(year: int) -> None:
    result = _random_households(year)
    for row in range(result.rows):
        for step in explain(result, row):
            if step.name in {"household_judging_income", "annual_amount"} and isinstance(step.value, int) and "=" in step.formula:
                *addends, total = _yen(step.formula)
                assert sum(addends) == total == step.value
            elif (
                isinstance(step.value, int)
                and step.unit == "yen"
                and step.part is None
                and "照会" not in step.formula
                and _yen(step.formula)
            ):
                assert _yen(step.formula)[-1] == step.value or "0円未満" in step.formula, step


def test_each_step_of_tokyo_fy2026_reads_like_the_worked_example() -> None:
    one: dict[str, Any] = {"household": [1], "member": [1], "born_on": 0, "is_head": True, "is_insured": True, "is_assessed": True}
    one |= {"public_pension_receipts": 3_500_000, "born_on": day_number(date(1945, 6, 1))}
    result = assess(Households.of(one), premium_parameters("13", FiscalYear(2026)))
    formulas = {(step.part, step.name): step.formula for step in explain(result, 0)}
    assert formulas[None, "pension_income"] == "3,500,000円 × 75% − 275,000円 = 2,350,000円"
    assert formulas[None, "levy_base"] == "2,350,000円 − 430,000円 = 1,920,000円"
    assert formulas["medical", "income_levy"] == "1,920,000円 × 9.88% = 189,696円"
    assert formulas["medical", "amount"] == "242,996円 → 242,900円"
    assert formulas["child_support", "amount"] == "6,292円 → 6,200円"
    assert formulas[None, "annual_amount"] == "242,900円 + 6,200円 = 249,100円"


def test_the_english_explanation_has_no_japanese_but_the_articles() -> None:
    result = _random_households(2026)
    for row in range(0, result.rows, 7):
        for step in explain(result, row, "en"):
            assert not JAPANESE.search(step.formula + step.term + (step.rounding or "")), step
            assert not any(JAPANESE.search(shown.term) for shown in step.inputs), step


def test_every_adjustment_of_the_test_of_the_reduction_is_listed() -> None:
    """I-12: a wrong 軽減判定 of households with family employees stayed unseen for years, because nobody saw its steps."""
    two: dict[str, Any] = {"household": [1, 1], "member": [1, 2], "born_on": -20_000, "is_insured": True, "is_assessed": True}
    two |= {"is_head": [True, False], "business_income": [400_000, 0], "family_employee_deduction": [860_000, 0]}
    two |= {"salary_receipts": [0, 860_000], "family_employee_salary_received": [0, 860_000], "public_pension_receipts": [1_300_000, 0]}
    result = assess(Households.of(two), premium_parameters("13", FiscalYear(2026)))
    head, wife = (step for step in explain(result, 0) if step.name == "judging_income")
    assert head.formula == (
        "公的年金等に係る雑所得 200,000円 − 高齢者特別控除 150,000円 + 事業所得 400,000円 + 専従者控除額 860,000円 = 1,310,000円"
    )
    assert wife.formula == "給与所得（専従者給与を除く） 0円 = 0円"
    assert "family_employee_salary_is_not_received" in wife.provisional


def test_a_parameter_that_was_confirmed_is_not_provisional_in_any_step() -> None:
    one: dict[str, Any] = {"household": [1], "member": [1], "born_on": -20_000, "is_head": True, "is_insured": True, "is_assessed": True}
    names = frozenset({"union_13.medical_rates", "union_13.child_support_rates", "reduction_limits"})
    result = assess(
        Households.of(one | {"public_pension_receipts": 3_500_000}), premium_parameters("13", FiscalYear(2026), confirmed=names)
    )
    assert all(not step.provisional for step in explain(result, 0))
