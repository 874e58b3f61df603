"""賦課のもととなる所得: the income of the income part after the basic deduction."""

from __future__ import annotations

import numpy as np
from chassis.law import Yen

from premium_service.rules.columns import LevyIncome


def basic_deduction(*, gross_income: Yen, steps: tuple[tuple[int | None, int], ...]) -> Yen:
    """基礎控除額 by 合計所得金額: `steps` are (up to, amount) in rising order, the last without a limit.

    Yen a year, one entry per person. Law: 施行令 第18条; 地方税法 第314条の2第2項 (steps from FY2021).
    """
    deduction = np.full(len(gross_income), steps[0][1], np.int64)
    upper = steps[0][0]
    beyond = np.flatnonzero(gross_income > upper) if upper is not None else np.empty(0, np.int64)
    for limit, amount in steps[1:]:
        if not len(beyond):
            break
        deduction[beyond] = amount
        if limit is not None:
            beyond = beyond[gross_income[beyond] > limit]
    return deduction


def levy_base(*, income: LevyIncome, deduction: Yen) -> Yen:
    """賦課のもととなる所得金額 (旧ただし書き所得): income less the basic deduction, never below zero. Law: 施行令 第18条."""
    base: Yen = np.maximum(income - deduction, 0)
    return base
