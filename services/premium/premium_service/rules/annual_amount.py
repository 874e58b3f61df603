"""年間保険料額: the year's amount by months, floored."""

from __future__ import annotations

import numpy as np
from chassis.law import Yen, round_down

from premium_service.rules.columns import Codes

ARTICLE = "後期高齢者医療に関する条例（保険料の額の端数処理）"


def year_amount(*, per_capita: Yen, income_levy: Yen, cap: Yen) -> Yen:
    """年額: flat amount after reduction and income part together, at most the cap; yen a year before months. Law: 施行令 第18条."""
    amount_of_year: Yen = np.minimum(per_capita + income_levy, cap)
    return amount_of_year


def yen_months(*, year_amount: Yen, months: Codes, order: str, unit: int) -> Yen:
    """年額 x 月数, not yet divided by twelve, so that nothing is rounded twice.

    With `floor_then_split` the year is floored to `unit` before (a union's setting).
    """
    whole = round_down(year_amount, to=unit, law=ARTICLE) if order == "floor_then_split" else year_amount
    return whole * months


def amount(*, yen_months: Yen, unit: int) -> Yen:
    """保険料額: what is charged for the months of the year, floored to `unit` yen (100, in some unions 10)."""
    return round_down(yen_months // np.int64(12), to=unit, law=ARTICLE)
