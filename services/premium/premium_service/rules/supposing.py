"""仮に: the same people under another year's law, or with something of their incomes left out; for what-if runs, never for a decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from chassis.law import NEVER, DayNumbers

from premium_service.rules.columns import Households

DAYS = ("judged_on", "born_on", "acquired_on", "lost_on", "former_dependant_since")


def in_another_year(households: Households, years: int) -> Households:
    """The households as if everything had happened `years` years later: ages and months of the fiscal year stay what they are.

    29 February becomes the 28th where there is none. A day that never comes stays.
    """
    if not years:
        return households
    days: dict[str, Any] = {name: _moved(getattr(households, name), years) for name in DAYS}
    return replace(households, **days)


def without(households: Households, columns: Iterable[str]) -> Households:
    """The households as if nobody had anything in some columns of amounts: what a system did that did not read them."""
    return replace(households, **{name: np.zeros_like(getattr(households, name)) for name in columns})


def _moved(days: DayNumbers, years: int) -> DayNumbers:
    zero = np.datetime64("2000-01-01", "D")
    never = days == NEVER
    dates = zero + np.where(never, 0, days).astype("timedelta64[D]")
    months = dates.astype("datetime64[M]")
    to = months + np.timedelta64(12 * years, "M")
    last = (to + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    made = np.minimum(to.astype("datetime64[D]") + (dates - months.astype("datetime64[D]")), last)
    moved: DayNumbers = np.where(never, np.int32(NEVER), (made - zero).astype(np.int64).astype(np.int32))
    return moved
