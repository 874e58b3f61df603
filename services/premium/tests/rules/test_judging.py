"""軽減判定 has an income of its own and lists each adjustment; the area of uneven rates is explained (P-13, P-16, I-12)."""

from __future__ import annotations

from datetime import date
from typing import Any, get_type_hints

from chassis.law import FiscalYear, day_number
from premium_service.law import premium_parameters
from premium_service.rules import Households, Step, assess, explain
from premium_service.rules.columns import GAP, NO_AREA, UNKNOWN_AREA, JudgingIncome, LevyIncome
from premium_service.rules.levy_base import levy_base
from premium_service.rules.reduction import tier


def test_the_income_of_the_reduction_and_that_of_the_income_part_are_types_of_their_own() -> None:
    """P-13: passing one for the other, or 課税所得 for either, fails to type-check: each rule takes its own."""
    assert get_type_hints(tier)["household_income"] is JudgingIncome
    assert get_type_hints(levy_base)["income"] is LevyIncome


def _steps(year: int, union: str = "13", **columns: Any) -> list[Step]:
    rows = max(len(value) for value in columns.values() if isinstance(value, list))
    usual: dict[str, Any] = {
        "household": [1] * rows, "member": list(range(rows)), "born_on": day_number(date(1930, 1, 1)),
        "acquired_on": day_number(date(2008, 4, 1)), "is_head": [place == 0 for place in range(rows)],
        "is_insured": True, "is_assessed": True,
    }  # fmt: skip
    return explain(assess(Households.of({**usual, **columns}), premium_parameters(union, FiscalYear(year))), 0)


def test_the_explanation_of_a_blue_return_lists_each_adjustment_of_the_test() -> None:
    """I-12: pension over 1.2 million and 専従者給与: what the tax law deducts and the test does not is written down, member by member.

    Seen to fail with the deduction for family employees left out of `explain_judging_income`.
    """
    steps = _steps(
        2026,
        public_pension_receipts=[1_500_000, 0],
        business_income=[-500_000, 0],
        family_employee_deduction=[1_200_000, 0],
        salary_receipts=[0, 1_200_000],
        family_employee_salary_received=[0, 1_200_000],
    )
    husband, wife = [step for step in steps if step.name == "judging_income"]

    assert husband.value == 950_000
    for words in ("400,000円 − 高齢者特別控除 150,000円", "事業所得 -500,000円", "専従者控除額 1,200,000円"):
        assert words in husband.formula, husband.formula
    assert wife.value == 0
    assert "専従者給与を除く" in wife.formula
    assert "family_employee_salary_is_not_received" in wife.parameters
    assert next(step for step in steps if step.name == "levy_income").value == 0


def test_who_lives_in_an_area_of_uneven_rates_reads_its_name_and_where_its_rate_comes_from() -> None:
    steps = _steps(2009, "11", public_pension_receipts=[3_000_000], rate_area=[1])
    flat = next(step for step in steps if step.name == "per_capita")
    levy = next(step for step in steps if step.name == "income_levy")

    assert "小鹿野町" in flat.formula
    assert [given.value for given in flat.inputs] == ["小鹿野町"]
    assert flat.parameters == levy.parameters == ("union_11.uneven_rates",)


def test_the_explanation_of_a_refusal_says_that_the_area_or_its_rate_is_missing() -> None:
    unknown = _steps(2009, "47", public_pension_receipts=[3_000_000], rate_area=[UNKNOWN_AREA])[-1]
    unread = _steps(2009, "23", public_pension_receipts=[3_000_000], rate_area=[1])[-1]

    assert (unknown.value, unread.value) == (None, None)
    assert "区域が不明" in unknown.formula
    assert "料率が未登録" in unread.formula


def test_only_who_lives_in_an_area_without_figures_is_refused_and_nobody_else_of_the_batch() -> None:
    alone: dict[str, Any] = {"household": [1, 2, 3], "member": 0, "born_on": 0, "is_head": True, "is_insured": True, "is_assessed": True}
    areas = Households.of({**alone, "rate_area": [0, 1, UNKNOWN_AREA], "public_pension_receipts": 3_000_000})
    result = assess(areas, premium_parameters("23", FiscalYear(2009)))

    assert result["outcome"].tolist() == [1, GAP, NO_AREA]
    assert (result["annual_amount"] > 0).tolist() == [True, False, False]
