"""賦課のもととなる所得: the income of the income part after the basic deduction."""

from __future__ import annotations

import numpy as np
from chassis.law import Yen

from premium_service.rules.columns import LevyIncome


def levy_base(*, income: LevyIncome, deduction: Yen) -> Yen:
    """賦課のもととなる所得金額 (旧ただし書き所得): income less the basic deduction, never below zero. Law: 施行令 第18条."""
    base: Yen = np.maximum(income - deduction, 0)
    return base
