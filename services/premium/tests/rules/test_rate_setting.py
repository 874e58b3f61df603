"""保険料率の算定 (P-01, Z-04): from costs and shares to the amount that premiums must bring in, against published figures."""

from __future__ import annotations

import pytest
from chassis.law import Rate
from premium_service.domain.trials import shares_of
from premium_service.rules.rate_setting import COST, INCOME, Line, YearEstimate, budget_of, lines_of

OKU = 100_000_000


def estimate(**changes: object) -> YearEstimate:
    usual: dict[str, object] = {
        "fiscal_year": 2024, "insured": 1_000, "benefits": 1_200 * OKU, "high_income_benefits": 100 * OKU, "high_cost_base": 0,
        "adjustment_grant": None, "costs": (), "incomes": (),
    }  # fmt: skip
    return YearEstimate(**{**usual, **changes})  # type: ignore[arg-type]


def test_costs_are_borne_by_public_money_support_and_premiums_and_the_sum_closes() -> None:
    """The worked illustration of the shares: 1,200 and 100 at 12.67 % leave 164.71 for the premiums."""
    shares, payers, provisional = shares_of(2024)
    lines = lines_of(estimate(), shares)
    incomes = {line.name: line.amount for line in lines if line.side == INCOME}
    assert incomes["national"] == 300 * OKU
    assert incomes["adjustment"] == incomes["prefecture"] == incomes["municipality"] == 100 * OKU
    assert incomes["support_grant"] + incomes["support_grant_high_income"] == 53_529_000_000
    assert sum(line.amount if line.side == COST else -line.amount for line in lines) == 16_471_000_000
    assert payers == {"prefecture": Rate(3, 4), "municipality": Rate(1, 4)}
    assert "後期高齢者負担率" not in provisional
    assert "後期高齢者交付金の計算で差し引く公費の割合" in provisional


def test_aichi_fy2016_comes_out_as_published() -> None:
    """Tolerance test: the page rounds to 億円. 15,729 − 13,897 with 99.5 % gives 1,841; 44.9 : 55.1 gives 46,984 yen and 9.53 %."""
    lines = [Line(2016, COST, "benefits", 15_729 * OKU), Line(2016, INCOME, "other_incomes", 13_897 * OKU)]
    found = budget_of(
        lines, insured=1_760_000, collection_rate=Rate(995, 1_000), income_coefficient=Rate(551, 449), per_capita_unit=1, fixed_flat=None
    )
    assert found.necessary == 1_832 * OKU
    assert round(found.levy_total / OKU) == 1_841
    assert abs(found.per_capita - 46_984) < 30
    assert abs(found.income_total / (10_635 * OKU) - 0.0954) < 0.0002


def test_a_given_flat_amount_leaves_the_rest_to_the_income_part() -> None:
    lines = [Line(2026, COST, "benefits", 1_000_000_000)]
    found = budget_of(
        lines, insured=10_000, collection_rate=Rate(1, 1), income_coefficient=Rate(1, 1), per_capita_unit=1, fixed_flat=30_000
    )
    assert (found.per_capita, found.flat_total, found.income_total) == (30_000, 300_000_000, 700_000_000)


@pytest.mark.parametrize(("costs", "flat", "said"), [(0, None, "nothing_needed"), (1_000, 30_000, "flat_exceeds_total")])
def test_a_budget_without_a_rate_is_refused(costs: int, flat: int | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        budget_of(
            [Line(2026, COST, "benefits", costs)], insured=10, collection_rate=Rate(1, 1), income_coefficient=Rate(1, 1),
            per_capita_unit=1, fixed_flat=flat,
        )  # fmt: skip


def test_every_fiscal_year_has_its_shares() -> None:
    rates = {year: shares_of(year)[0].burden_rate.percent for year in range(2008, 2028)}
    assert (rates[2008], rates[2010], rates[2024], rates[2026], rates[2027]) == ("10%", "10.26%", "12.67%", "13.27%", "13.27%")
