"""Every limit of every law version at its boundary, one yen below and one above (I-22): limits typed here from the printed tables."""

from __future__ import annotations

from datetime import date

import pytest
from chassis.law import FiscalYear, day_number
from premium_service.law import premium_parameters
from premium_service.rules import Assessments, Households, assess

# fiscal year: base, per insured for five tenths, per insured for two tenths (thousands of yen)
LIMITS = {
    2008: (330, 245, 350),
    2009: (330, 245, 350),
    2010: (330, 245, 350),
    2011: (330, 245, 350),
    2012: (330, 245, 350),
    2013: (330, 245, 350),
    2014: (330, 245, 450),
    2015: (330, 260, 470),
    2016: (330, 265, 480),
    2017: (330, 270, 490),
    2018: (330, 275, 500),
    2019: (330, 280, 510),
    2020: (330, 285, 520),
    2021: (430, 285, 520),
    2022: (430, 285, 520),
    2023: (430, 290, 535),
    2024: (430, 295, 545),
    2025: (430, 305, 560),
    2026: (430, 310, 570),
}
CAPS = {2008: 500, 2011: 500, 2012: 550, 2013: 550, 2014: 570, 2017: 570, 2018: 620, 2019: 620, 2020: 640, 2021: 640, 2022: 660, 2023: 660}
CAPS |= {2024: 730, 2025: 800, 2026: 850}


def _households(incomes: list[int], insured: int) -> Households:
    """One household for each income: the head has it, `insured - 1` insured members have none."""
    rows = [(number, place) for number in range(len(incomes)) for place in range(insured)]
    return Households.of(
        {
            "household": [number for number, _ in rows],
            "member": [place for _, place in rows],
            "born_on": day_number(date(1930, 1, 1)),
            "acquired_on": day_number(date(2008, 4, 1)),
            "is_head": [place == 0 for _, place in rows],
            "is_insured": True,
            "is_assessed": True,
            "other_income": [incomes[number] if place == 0 else 0 for number, place in rows],
        }
    )


def _tiers(incomes: list[int], insured: int, year: int) -> list[int]:
    result = assess(_households(incomes, insured), premium_parameters("13", FiscalYear(year)))
    return [int(tier) for tier in result["tier"][::insured]]


@pytest.mark.parametrize("insured", [1, 2, 3])
@pytest.mark.parametrize("year", LIMITS)
def test_tiers_change_exactly_one_yen_above_their_limit(year: int, insured: int) -> None:
    base, five, two = (amount * 1000 for amount in LIMITS[year])
    counted = insured - 1 if year < 2014 else insured
    limits = [base, base + five * counted, base + two * insured]
    tiers = _tiers([limit + step for limit in limits for step in (-1, 0, 1)], insured, year)
    # To FY2013 nobody alone reaches five tenths: that limit is the limit of seven.
    after_five = 2
    after_seven = 2 if counted == 0 else 5
    expected = [7, 7, after_seven, *([7, 7] if counted == 0 else [5, 5]), after_five, 2, 2, 0]
    assert tiers == expected


@pytest.mark.parametrize("year", [2021, 2026])
def test_each_earner_after_the_first_raises_every_limit_by_100_000(year: int) -> None:
    base, five, two = (amount * 1000 for amount in LIMITS[year])
    law = premium_parameters("13", FiscalYear(year))
    for limit, tier in ((base, 7), (base + 2 * five, 5), (base + 2 * two, 2)):
        for over in (0, 1):
            made = _households([0], 2)
            made.public_pension_receipts[:] = [0, 1_250_001]
            made.salary_receipts[:] = [law.earner_salary_limit or 0, 0]
            made.salary_receipts[0] += 1_000
            # Pension income 150,001 less 150,000 of one, salary income 1,000 of the other.
            made.other_income[0] = limit + 100_000 - 1_001 + over
            result = assess(made, law)
            assert int(result["household_earners"][0]) == 2
            assert (int(result["tier"][0]) == tier) == (over == 0)


@pytest.mark.parametrize("year", CAPS)
def test_the_cap_is_reached_and_never_passed(year: int) -> None:
    result: Assessments = assess(_households([30_000_000], 1), premium_parameters("13", FiscalYear(year)))
    assert int(result["medical_year_amount"][0]) == int(result["medical_amount"][0]) == CAPS[year] * 1000
    assert bool(result["medical_capped"][0])


@pytest.mark.parametrize(
    ("gross", "deduction"),
    [(24_000_000, 430_000), (24_000_001, 290_000), (24_500_000, 290_000), (24_500_001, 150_000), (25_000_000, 150_000), (25_000_001, 0)],
)
def test_the_basic_deduction_steps_down_with_gross_income(gross: int, deduction: int) -> None:
    result = assess(_households([gross], 1), premium_parameters("13", FiscalYear(2026)))
    assert int(result["basic_deduction"][0]) == deduction
