"""Days as whole numbers, the way PostgreSQL stores them: 0 is 2000-01-01, and the open end is `infinity`."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

DayNumbers = npt.NDArray[np.int32]

_ZERO = date(2000, 1, 1).toordinal()

NEVER = 2**31 - 1
"""`infinity` of a PostgreSQL date: a day that does not come (still insured, never a former dependant)."""


def day_number(day: date | None) -> int:
    """Days since 2000-01-01; NEVER for None."""
    return NEVER if day is None else day.toordinal() - _ZERO


def day_of(number: int) -> date | None:
    """The day of a number; None for NEVER."""
    return None if number == NEVER else date.fromordinal(int(number) + _ZERO)


def term_end(first: npt.NDArray[np.integer], months: npt.NDArray[np.integer] | int) -> DayNumbers:
    """期間の満了: the first day after a term of so many months that begins with day `first` (the day after the event: 初日不算入).

    It is the day that corresponds to `first`; where the month has none (31 January and one month), the first of the month after.
    NEVER stays NEVER. Law: 民法 第140条、第143条.
    """
    zero = np.datetime64("2000-01-01", "D")
    begin = zero + np.where(first == NEVER, 0, first).astype(np.int64)
    month = begin.astype("datetime64[M]")
    target = month + np.asarray(months, np.int64)
    corresponding = target.astype("datetime64[D]") + (begin - month.astype("datetime64[D]"))
    following = (target + 1).astype("datetime64[D]")
    found = (np.minimum(corresponding, following) - zero).astype(np.int64)
    ends: DayNumbers = np.where(first == NEVER, NEVER, found).astype(np.int32)
    return ends
