"""資格取得: from which day a resident of the union's area is insured."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, day_number, in_force, rule

Flags = npt.NDArray[np.bool_]

AGE: Final = 75
SCHEME_BEGINS: Final = day_number(date(2008, 4, 1))
_ZERO: Final = np.datetime64("2000-01-01", "D")


class Acquisition(NamedTuple):
    """取得: `acquired_on` (day numbers) and whether the ground is reaching 75; otherwise it is moving in at 75 or over."""

    acquired_on: DayNumbers
    by_age: Flags


def reaches_age_on(*, born_on: DayNumbers, age: int) -> DayNumbers:
    """The birthday itself on which `age` is reached, as this scheme counts it (not the day before).

    Day numbers, one a person. Somebody born on 29 February reaches an age in a year without one on 1 March.
    """
    born = _ZERO + born_on.astype(np.int64)
    first_of_month = born.astype("datetime64[M]")
    into_month = born - first_of_month.astype("datetime64[D]")
    reached = (first_of_month + np.timedelta64(age * 12, "M")).astype("datetime64[D]") + into_month
    return np.asarray(reached - _ZERO, np.int32)


def reaches_75_on(*, born_on: DayNumbers) -> DayNumbers:
    """75歳到達日: the 75th birthday itself; 1 March for those born on 29 February, as 75 years after a leap year is never one.

    Law: 高齢者の医療の確保に関する法律 第52条第1号.
    """
    return reaches_age_on(born_on=born_on, age=AGE)


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第50条第1号、第52条第1号・第2号、附則第1条")
def acquisition_of_residents_of_75(*, born_on: DayNumbers, residence_since: DayNumbers) -> Acquisition:
    """資格取得日: the later of the 75th birthday and the day the residence in the area began; never before the scheme began.

    Day numbers, one a residence. Whoever was 75 and a resident when the scheme began was insured by age from 2008-04-01.
    """
    by_age_on = np.maximum(reaches_75_on(born_on=born_on), np.int32(SCHEME_BEGINS))
    return Acquisition(np.maximum(by_age_on, residence_since).astype(np.int32), residence_since <= by_age_on)


acquisition = rule("acquisition", acquisition_of_residents_of_75)
