"""障害認定: who may be certified, and from when a withdrawal counts."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, in_force, rule

from eligibility_service.rules.acquisition import AGE, SCHEME_BEGINS, reaches_age_on

Flags = npt.NDArray[np.bool_]

AGE_FROM: Final = 65


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第50条第2号")
def certifiable_from_65_to_75(*, born_on: DayNumbers, certified_on: DayNumbers) -> Flags:
    """障害認定を受けられる: from the 65th birthday up to the day before the 75th, since the scheme began. Day numbers, one a person."""
    old_enough = certified_on >= np.maximum(reaches_age_on(born_on=born_on, age=AGE_FROM), SCHEME_BEGINS)
    return np.asarray(old_enough & (certified_on < reaches_age_on(born_on=born_on, age=AGE)))


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第50条第2号、第53条; the day is a setting of the union")
def withdrawal_never_retroactive(*, declared_on: DayNumbers, wished_on: DayNumbers, on_next_day: Flags) -> DayNumbers:
    """撤回による喪失日: the day that was wished, never before the declaration, nor before the day after it where the union says so.

    Day numbers, one a person.
    """
    return np.maximum(declared_on + on_next_day, wished_on).astype(np.int32)


certifiable = rule("certifiable", certifiable_from_65_to_75)
withdrawal = rule("withdrawal", withdrawal_never_retroactive)
