"""減免: what the union takes off a premium on request; the assessment stays as it was decided, and the remission stands beside it."""

from __future__ import annotations

import numpy as np
from chassis.law import Yen

from premium_service.rules.columns import Codes, Flags


def remitted_amount(
    *,
    annual_amount: Yen,
    income_levy: Yen,
    months: Codes,
    remitted_months: Codes,
    numerator: Yen,
    denominator: Yen,
    of_income_levy: Flags,
    unit: Yen,
) -> Yen:
    """減免額: the share of the premium of the months that are remitted, in yen a year.

    The base is the annual amount by months charged, or the 所得割額 of a year by twelve. What is left is floored to `unit` yen, so that
    what is taken off is rounded up; it is never more than the annual amount. Law: 法 第111条, 後期高齢者医療に関する条例（保険料の減免）.
    """
    base = np.where(of_income_levy, income_levy, annual_amount)
    divisor = np.where(of_income_levy, 12, np.maximum(months, 1)) * denominator
    taken = np.where(of_income_levy, np.minimum(remitted_months, months), remitted_months) * base * numerator
    left = (annual_amount * divisor - taken) // (divisor * unit) * unit
    found: Yen = annual_amount - np.maximum(left, 0)
    return np.where(remitted_months > 0, found, 0)
