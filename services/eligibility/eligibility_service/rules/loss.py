"""資格喪失: from which day a person is insured no more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from chassis.law import NEVER, DayNumbers, in_force, rule

Flags = npt.NDArray[np.bool_]


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第53条第1項")
def loss_on_the_day_after(*, ended_on: DayNumbers, elsewhere_since: DayNumbers) -> DayNumbers:
    """資格喪失日: the day after death, after moving out of the area, or after removal from the register; NEVER while a resident.

    Day numbers, one a residence; `ended_on` is NEVER while it goes on. Death on the last of a month therefore loses on the first of
    the next, and the month of death still counts. Where an address in another union's area begins on the last day (`elsewhere_since`,
    NEVER where none is known), it is that day, so that nobody is insured twice.
    """
    after = np.where(elsewhere_since == ended_on, ended_on, ended_on + 1)
    return np.where(ended_on == NEVER, NEVER, after).astype(np.int32)


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第53条第1項・第2項")
def loss_by_exclusion(*, begun_on: DayNumbers, by_public_assistance: Flags) -> DayNumbers:
    """適用除外による喪失日: the very day on which public assistance begins; for any other cause the day after.

    Day numbers, one a person.
    """
    return np.where(by_public_assistance, begun_on, begun_on + 1).astype(np.int32)


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第53条第1項")
def loss_by_end_of_disability(*, ended_on: DayNumbers) -> DayNumbers:
    """障害の状態でなくなったことによる喪失日: the day after. Day numbers, one a person."""
    return (ended_on + 1).astype(np.int32)


loss = rule("loss", loss_on_the_day_after)
exclusion_loss = rule("exclusion_loss", loss_by_exclusion)
disability_end_loss = rule("disability_end_loss", loss_by_end_of_disability)
