"""資格喪失: from which day a person who has left the residents is insured no more."""

from __future__ import annotations

import numpy as np
from chassis.law import NEVER, DayNumbers, in_force, rule


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第53条第1項")
def loss_on_the_day_after(*, ended_on: DayNumbers) -> DayNumbers:
    """資格喪失日: the day after death, after moving out of the area, or after removal from the register; NEVER while a resident.

    Day numbers, one a residence; `ended_on` is NEVER while it goes on. Death on the last of a month therefore loses on the first of
    the next, and the month of death still counts. The rule of "that day" for an address in another union is not applied yet.
    """
    return np.where(ended_on == NEVER, NEVER, ended_on + 1).astype(np.int32)


loss = rule("loss", loss_on_the_day_after)
