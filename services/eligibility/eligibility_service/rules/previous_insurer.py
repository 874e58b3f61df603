"""前保険: whether a person was a dependant in employees' insurance (被用者保険の被扶養者) on the day before the acquisition."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt
from chassis.law import in_force, rule

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]


class Insurer(IntEnum):
    """前保険の種別; NO_RECORD where 老人保健 says nothing about the person."""

    NO_RECORD = 0
    UNKNOWN = 1
    NONE = 2
    NATIONAL = 3
    NATIONAL_SOCIETY = 4
    EMPLOYEE = 5
    EMPLOYEE_DEPENDANT = 6


class FormerDependant(IntEnum):
    """被扶養者であった者: unknown is not no."""

    NO = 0
    YES = 1
    TO_CONFIRM = 2


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律施行令 第18条(被用者保険の被扶養者であった被保険者)")
def dependant_on_the_day_before(*, insurer: Codes, elderly_record: Codes, confirmed: Flags) -> Codes:
    """被扶養者であった者: by the insurer of the day before the acquisition; 国民健康保険 and its societies do not qualify.

    Codes of Insurer, one a person; returns codes of FormerDependant. Where the record of 老人保健 names another insurer than the one
    reported, somebody moved and one of the two is old: nothing follows before an officer has confirmed which.
    """
    contradicts = (elderly_record != Insurer.NO_RECORD) & (elderly_record != insurer)
    unknown = (insurer == Insurer.UNKNOWN) | (insurer == Insurer.NO_RECORD)
    answer = np.where(insurer == Insurer.EMPLOYEE_DEPENDANT, FormerDependant.YES, FormerDependant.NO)
    return np.where(unknown | (contradicts & ~confirmed), FormerDependant.TO_CONFIRM, answer).astype(np.int8)


former_dependant = rule("former_dependant", dependant_on_the_day_before)
