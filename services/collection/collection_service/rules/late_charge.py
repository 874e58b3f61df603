"""延滞金: what is added to an instalment that is paid after its due day.

Arrays: one row per span of days in which the same amount was unpaid. The spans of one instalment are contiguous rows in the order of
time: a part payment ends a span and the next begins the day after, with less unpaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, HouseholdRows, Rate, Yen, household_sum, in_force, round_down, rule, term_end

from collection_service.rules.day_rates import Weights, YearlyRate

ARTICLE = "市町村の後期高齢者医療に関する条例（延滞金）"
LEAP_YEARS = f"{ARTICLE}; 地方税法 附則第3条の2（閏年の日を含む期間についても365日当たり）"


class Fraction(StrEnum):
    """円未満の端数: once, after everything is added up; or each, of the low and of the high part of each span by itself."""

    ONCE = "once"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class DayAmountTerms:
    """端数の定め: what an amount by days is counted from and rounded to, in yen; `year_days`: 年当たりの日数."""

    smallest_base: int
    base_unit: int
    smallest_result: int
    result_unit: int
    year_days: int


@dataclass(frozen=True, slots=True)
class LateChargeTerms:
    """延滞金の定め of a municipality: rates of the first months (`first`) and after, how rounded, and what a deferral takes off."""

    first: YearlyRate
    after: YearlyRate
    rounding: DayAmountTerms
    fraction: Fraction
    deferral_share: Rate
    """猶予期間に免除する割合: of what falls on days on which the instalment is deferred; 1 is all of it."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Days in which one amount was unpaid: `unpaid` yen, from `first` to `last` (day numbers, both counted).

    `debt`: which instalment, contiguous; `low_last`: the last day that takes the low rate, the same on every row of a debt;
    `is_deferred`: 徴収猶予 on all of these days.
    """

    debt: npt.NDArray[np.int64]
    unpaid: Yen
    first: DayNumbers
    last: DayNumbers
    low_last: DayNumbers
    is_deferred: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LateCharges:
    """One row per span but for the last two. `exact` and `amount`: what the whole debt owes, on each of its rows: before the last
    rounding (a fraction of a yen dropped), and after it."""

    base: Yen
    low_days: Weights
    high_days: Weights
    low_weight: Weights
    high_weight: Weights
    exact: Yen
    amount: Yen


@in_force("2008-04-01", law=f"{ARTICLE}; 民法 第140条、第143条")
def months_from_the_day_after(*, due_on: DayNumbers, months: int) -> DayNumbers:
    """低率期間の末日: the last day of so many months that begin with the day after the due day, as day numbers.

    One month after a due day of 30 September is all of October. The published example of Shinagawa holds it: due on 30 April, three
    months, 92 days of the low rate.
    """
    return (term_end(due_on.astype(np.int64) + 1, months) - 1).astype(np.int32)


low_rate_until = rule("late_charge_low_rate_until", months_from_the_day_after)


@in_force("2008-04-01", law=LEAP_YEARS)
def by_days_and_years(*, spans: Spans, terms: LateChargeTerms) -> LateCharges:
    """延滞金額: for each span its base by its days and the rate of each day's calendar year, added up for the instalment.

    The base is what is unpaid floored to `base_unit`, nothing where it is less than `smallest_base`. The sum is floored to
    `result_unit`, nothing where it is less than `smallest_result`. Yen.
    """
    rounding = terms.rounding
    base = base_amount(spans.unpaid, rounding)
    low_end = np.minimum(spans.last, spans.low_last)
    high_begin = np.maximum(spans.first, spans.low_last + 1)
    low, high = terms.first.weights(spans.first, low_end), terms.after.weights(high_begin, spans.last)
    share = np.where(spans.is_deferred, terms.deferral_share.denominator - terms.deferral_share.numerator, terms.deferral_share.denominator)

    debts = HouseholdRows.of(spans.debt)
    over_low, over_high = (rate.denominator * rounding.year_days * terms.deferral_share.denominator for rate in (terms.first, terms.after))
    if terms.fraction is Fraction.EACH:
        exact = household_sum(base * low * share // over_low + base * high * share // over_high, debts)
    else:
        common = np.lcm(over_low, over_high)
        exact = household_sum(base * share * (low * (common // over_low) + high * (common // over_high)), debts) // common
    return LateCharges(
        base=base,
        low_days=_days(spans.first, low_end),
        high_days=_days(high_begin, spans.last),
        low_weight=low,
        high_weight=high,
        exact=exact,
        amount=result_amount(exact, rounding),
    )


late_charges = rule("late_charges", by_days_and_years)


def base_amount(unpaid: Yen, rounding: DayAmountTerms) -> Yen:
    """計算の基礎となる額: floored to `base_unit`; nothing where the whole is less than `smallest_base`."""
    return np.where(unpaid < rounding.smallest_base, 0, round_down(unpaid, to=rounding.base_unit, law=ARTICLE))


def result_amount(exact: Yen, rounding: DayAmountTerms) -> Yen:
    """端数処理後の額: floored to `result_unit`; nothing where the whole is less than `smallest_result`."""
    return np.where(exact < rounding.smallest_result, 0, round_down(exact, to=rounding.result_unit, law=ARTICLE))


def _days(first: DayNumbers, last: DayNumbers) -> Weights:
    counted: Weights = np.maximum(last.astype(np.int64) - first + 1, 0)
    return counted
