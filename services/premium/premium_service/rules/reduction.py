"""均等割額の軽減: limits of the household's income, and the tier it reaches.

Law: 高齢者の医療の確保に関する法律施行令 第18条. Counts are of the household on the judging day (1 April, or the day of acquisition).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from chassis.law import Yen, in_force, rule

from premium_service.rules.columns import Codes, Count, Flags, JudgingIncome
from premium_service.rules.parameters import ReductionLimits


@dataclass(frozen=True, slots=True)
class HouseholdLimits:
    """Limits of the household's judging income in yen, one entry per member: up to `seven` 7割, `five` 5割, `two` 2割."""

    seven: Yen
    five: Yen
    two: Yen


@in_force("2008-04-01", until="2014-04-01", law="高齢者の医療の確保に関する法律施行令 第18条（平成26年改正前）")
def limits_without_insured_head(*, limits: ReductionLimits, insured: Count, earners: Count, head_is_insured: Flags) -> HouseholdLimits:
    """To FY2013 the 5割 limit does not count the head of the household, even an insured one; so nobody alone reaches 5割."""
    seven = np.full(len(insured), limits.base, np.int64)
    others = insured - head_is_insured
    return HouseholdLimits(seven, seven + limits.per_insured_five * others, seven + limits.per_insured_two * insured)


@in_force("2014-04-01", until="2021-04-01", law="高齢者の医療の確保に関する法律施行令 第18条")
def limits_by_insured(*, limits: ReductionLimits, insured: Count, earners: Count, head_is_insured: Flags) -> HouseholdLimits:
    """From FY2014 both limits count every insured member."""
    seven = np.full(len(insured), limits.base, np.int64)
    return HouseholdLimits(seven, seven + limits.per_insured_five * insured, seven + limits.per_insured_two * insured)


@in_force("2021-04-01", law="高齢者の医療の確保に関する法律施行令 第18条")
def limits_by_insured_and_earners(*, limits: ReductionLimits, insured: Count, earners: Count, head_is_insured: Flags) -> HouseholdLimits:
    """From FY2021 an amount for each earner after the first is added to all three limits."""
    seven = np.maximum(earners - 1, 0)
    seven *= limits.per_extra_earner
    seven += limits.base
    return HouseholdLimits(seven, seven + limits.per_insured_five * insured, seven + limits.per_insured_two * insured)


household_limits = rule("household_limits", limits_without_insured_head, limits_by_insured, limits_by_insured_and_earners)


def tier(*, household_income: JudgingIncome, limits: HouseholdLimits, undeclared: Flags) -> Codes:
    """軽減区分: 7, 5, 2 or 0 tenths. A household in which an insured member or the head has not declared gets none."""
    # The limits never fall from seven to two, so each that is kept adds to the tenths of the one outside it.
    reached = (household_income <= limits.two) * np.int16(2)
    reached += (household_income <= limits.five) * np.int16(3)
    reached += (household_income <= limits.seven) * np.int16(2)
    if undeclared.any():
        reached *= ~undeclared
    return reached


def low_pension(*, pension_receipts: Yen, has_other_income: Flags, limit: int | None) -> Flags:
    """年金収入が基準以下でその他の所得がない: one flag per member; with `limit=None` the year knows no such rule. A loss is no income."""
    if limit is None:
        return np.zeros(len(pension_receipts), np.bool_)
    low: Flags = (pension_receipts <= limit) & ~has_other_income
    return low
