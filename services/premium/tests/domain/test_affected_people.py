"""Whom a wrong rule has met (Z-11): three failures of this field made again, and their people found with the amounts as they should be."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from chassis.law import FiscalYear, day_number
from premium_service.domain.comparing import DIFFERENT, Comparison
from premium_service.domain.law_sets import LawSet
from premium_service.domain.predicate import read_predicate
from premium_service.law import premium_parameters
from premium_service.rules import Households, assess
from premium_service.rules.parameters import Parameters

from services.premium.tests.rules.random_members import random_members

RIGHT = LawSet(fiscal_year=2026)
LAW = premium_parameters("13", FiscalYear(2026))
FAMILY_SALARY_COUNTED = """
family_employee_salary_is_not_received:
  term: 専従者給与を受けた者の給与に数えない
  meaning: A system that took the tax law's income for the test of the reduction.
  unit: flag
  law: 誤った計算の再現
  reviewed_through: 2008-04-01
  values:
    2008-04-01: {value: false, confidence: memory-low, source: a reproduction of a fault}
senior_pension_deduction:
  term: 高齢者特別控除
  meaning: A system that did not know the deduction of 150,000 yen.
  unit: yen
  law: 誤った計算の再現
  reviewed_through: 2008-04-01
  values:
    2008-04-01: {value: 0, confidence: memory-low, source: a reproduction of a fault}
"""
LIMITS_OF_THE_YEAR_BEFORE = """
reduction_limits:
  term: 軽減判定の基準額
  meaning: The limits of FY2025 left in a system in FY2026.
  unit: {base: yen, per_insured_five: yen, per_insured_two: yen, per_extra_earner: yen}
  law: 誤った計算の再現
  reviewed_through: 2008-04-01
  values:
    2026-04-01:
      value: {base: 430_000, per_insured_five: 305_000, per_insured_two: 560_000, per_extra_earner: 100_000}
      confidence: memory-low
      source: a reproduction of a fault
"""


def people(**columns: Any) -> Households:
    rows = len(columns["household"])
    usual: dict[str, Any] = {
        "member": np.arange(1, rows + 1), "judged_on": day_number(date(2026, 4, 1)), "born_on": day_number(date(1945, 6, 1)),
        "acquired_on": day_number(date(2020, 6, 1)), "is_insured": True, "is_assessed": True, "is_head": True,
    }  # fmt: skip
    return Households.of({**usual, **columns})


def compared(members: Households, wrong: LawSet, condition: str = DIFFERENT) -> Comparison:
    """Decided under `wrong` and compared with the right law, as a finder does with the decisions in force."""
    parameters = wrong.parameters("13", sample=False)
    decided = wrong.assess(members, parameters, of_year=2026).columns
    comparison = Comparison(read_predicate(condition), 2026, None, (RIGHT, LAW))
    comparison.take(identified(members), members, decided)
    return comparison


def identified(members: Households) -> dict[str, Any]:
    rows = members.rows
    return {
        "municipality_code": np.full(rows, b"131016", "S6"), "resident_number": np.char.zfill(members.member.astype("S15"), 15),
        "insured_id": np.char.zfill(members.member.astype("S16"), 16), "assessment_id": np.zeros(rows, "S16"),
        "revision": np.ones(rows, np.int16), "decided_on": np.zeros(rows, np.int32), "is_assessed": members.is_assessed,
        "acquired_on": members.acquired_on,
    }  # fmt: skip


def listed(comparison: Comparison) -> list[int]:
    return [int(number) for number in comparison.people["resident_number"]]


def amounts(members: Households, law: Parameters) -> list[int]:
    return [int(value) for value in assess(members, law)["annual_amount"]]


def test_the_couples_of_tradespeople_whose_family_salary_was_counted_are_found_with_their_right_amounts() -> None:
    """I-12: 専従者給与 counted for its receiver, and no 15万円 taken off a pension. Seen to fail when `take` compares `was` with itself."""
    members = people(
        household=[1, 1, 2, 3], is_head=[True, False, True, True], public_pension_receipts=[1_000_000, 700_000, 1_300_000, 2_400_000],
        salary_receipts=[0, 1_600_000, 0, 0], family_employee_salary_received=[0, 1_600_000, 0, 0],
    )  # fmt: skip

    comparison = compared(members, LawSet(fiscal_year=2026, pack=FAMILY_SALARY_COUNTED), "tier < should_tier")
    found = comparison.people

    assert listed(comparison) == [1, 2]
    assert found["after"].tolist() == amounts(members, LAW)[:2]
    assert (found["before"] > found["after"]).all()
    assert found["tier_after"].tolist() == [7, 7]
    whole = comparison.result()["listed"]["whole"]
    assert (whole["people"], whole["down"], whole["up"]) == (2, 2, 0)


def test_people_whose_other_incomes_were_not_added_are_found() -> None:
    """I-14: dividends and forest income did not reach the calculation. Seen to fail when `without` zeroes nothing."""
    members = people(
        household=[1, 2, 3], public_pension_receipts=[1_800_000, 1_800_000, 3_000_000], other_income=[2_500_000, 0, 0],
        capital_gains=[0, 0, 9_000_000],
    )  # fmt: skip

    comparison = compared(members, LawSet(fiscal_year=2026, without=("other_income", "capital_gains")))

    assert listed(comparison) == [1, 3]
    assert comparison.people["after"].tolist() == [amounts(members, LAW)[0], amounts(members, LAW)[2]]
    assert (comparison.people["after"] > comparison.people["before"]).all()


def test_people_at_a_boundary_that_a_change_of_law_moved_are_found_and_nobody_beside_it() -> None:
    """I-22: a sub-division of a law change set wrongly. One yen above the new limit of five tenths is not met, one at it is."""
    new, old = (430_000 + each + 150_000 + 1_100_000 for each in (310_000, 305_000))
    members = people(household=[1, 2, 3, 4], public_pension_receipts=[new, new + 1, old + 1, old])

    comparison = compared(members, LawSet(fiscal_year=2026, pack=LIMITS_OF_THE_YEAR_BEFORE), "tier != should_tier")

    assert listed(comparison) == [1, 3]
    assert comparison.people["tier_before"].tolist() == [2, 2]
    assert comparison.people["tier_after"].tolist() == [5, 5]


def test_who_has_no_decision_is_counted_apart_and_never_listed() -> None:
    members = people(household=[1, 2], public_pension_receipts=[1_000_000, 2_000_000], income_status=[3, 1])

    comparison = compared(members, LawSet(fiscal_year=2026), "annual_amount >= 0")

    assert comparison.undecided == 1
    assert listed(comparison) == [2]
    assert comparison.result()["everybody"]["whole"]["people"] == 1


def test_the_packs_of_two_years_replayed_on_the_same_people_are_the_decisions_of_those_years() -> None:
    """Z-03, I-08: FY2024 and FY2025 against FY2026, on people as of FY2026; ages and months go with the year."""
    members = Households.from_records(random_members(2026, 600))
    for year in (2024, 2025):
        side = LawSet(fiscal_year=year)
        before = side.parameters("13", sample=False)
        comparison = Comparison(read_predicate(DIFFERENT), 2026, (side, before), (RIGHT, LAW))
        comparison.take(identified(members), members, {})
        result = comparison.result()
        everybody = result["everybody"]["whole"]
        moved = side.assess(members, before, of_year=2026)
        both = members.is_assessed & (moved["outcome"] < 3) & (assess(members, LAW)["outcome"] < 3)
        assert everybody["before"] == int(moved["annual_amount"][both].sum())
        assert everybody["after"] == int(assess(members, LAW)["annual_amount"][both].sum())
        assert everybody["up"] + everybody["down"] == len(comparison.people["before"]) == result["listed"]["whole"]["people"]
        assert moved["months"].tolist() == assess(members, LAW)["months"].tolist()
