"""還付加算金: what is added to a refund, or to an amount used for another debt, for the days on which the money was with the municipality.

Arrays: one row for each payment that is given back, day numbers and yen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, Yen, in_force, rule, term_end

from collection_service.rules.day_rates import Weights, YearlyRate
from collection_service.rules.late_charge import DayAmountTerms, base_amount, result_amount

ARTICLE = "地方税法 第17条の4（市町村の条例で地方税の例による）"


class RefundGround(IntEnum):
    """還付の事由: why more was paid than is owed; from it follows the day from which days count."""

    LOWERED = 0
    """賦課決定の減額: the municipality or the union decided too much."""
    INCOME_CORRECTED = 1
    """所得の修正による減額: the premium is lower because an income was corrected or declared later; days count from that day."""
    PAID_IN_ERROR = 2
    """誤納・二重納付: paid twice, or more than the slip said."""


@dataclass(frozen=True, slots=True)
class RefundAdditionTerms:
    """還付加算金の定め: the rate, how it is rounded, and for each ground the months that pass before days count."""

    rate: YearlyRate
    rounding: DayAmountTerms
    months_before: tuple[int, ...]
    """By `RefundGround`."""


@dataclass(frozen=True, slots=True)
class RefundAdditions:
    """One row a payment: what it counts from, the first day that counts, its days, before and after the last rounding. Yen."""

    base: Yen
    first: DayNumbers
    days: npt.NDArray[np.int64]
    weight: Weights
    exact: Yen
    amount: Yen


@in_force("2008-04-01", law=ARTICLE)
def by_ground_and_days(
    *,
    overpaid: Yen,
    ground: npt.NDArray[np.int8],
    paid_on: DayNumbers,
    corrected_on: DayNumbers,
    decided_on: DayNumbers,
    terms: RefundAdditionTerms,
) -> RefundAdditions:
    """還付加算金額: from the first day that counts to the day on which the refund or appropriation was decided, both counted.

    The months of the ground begin the day after the payment; for `INCOME_CORRECTED` the day after `corrected_on` (the declaration or
    the notice of the tax office), and never before the payment. The rate is that of each day's calendar year, a year has `year_days`.
    """
    months = np.array(terms.months_before, np.int64)[ground]
    event = np.where(ground == RefundGround.INCOME_CORRECTED, np.maximum(corrected_on, paid_on), paid_on).astype(np.int64)
    first = term_end(event + 1, months)
    base = base_amount(overpaid, terms.rounding)
    weight = terms.rate.weights(first, decided_on)
    exact = base * weight // (terms.rate.denominator * terms.rounding.year_days)
    days = np.maximum(decided_on.astype(np.int64) - first + 1, 0)
    return RefundAdditions(base, first, days, weight, exact, result_amount(exact, terms.rounding))


refund_additions = rule("refund_additions", by_ground_and_days)
