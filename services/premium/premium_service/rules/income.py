"""総所得金額等 as the income part (所得割) counts it. Income from receipts is the tax law's: chassis.law.tax.

Law: 高齢者の医療の確保に関する法律施行令 第18条.
"""

from __future__ import annotations

import numpy as np
from chassis.law import Yen, tax

from premium_service.rules.columns import Flags, LevyIncome


def levy_income(*, gross: Yen, capital_gains: Yen, special_deduction: Yen, loss_carried_forward: Yen) -> LevyIncome:
    """総所得金額等 for the income part: gross income less the special deduction of gains and less carried 純損失, never below zero.

    雑損失 carried forward is not taken off. Law: 施行令 第18条.
    """
    return LevyIncome(
        tax.total_income(
            gross=gross, capital_gains=capital_gains, special_deduction=special_deduction, loss_carried_forward=loss_carried_forward
        )
    )


def stated_or_summed(*, summed: LevyIncome, stated: Yen, is_stated: Flags) -> tuple[LevyIncome, Yen]:
    """総所得金額等 as the municipality stated it where it did, else the sum; and what of a stated income no receipt explains.

    The second is a warning for the worklist: an income of unknown kind cannot be judged by the special rules of the reduction test.
    """
    if not is_stated.any():
        return summed, np.zeros(len(summed), np.int64)
    used = np.where(is_stated, stated, summed)
    return LevyIncome(used), np.maximum(used - summed, 0)
