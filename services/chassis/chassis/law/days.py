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
