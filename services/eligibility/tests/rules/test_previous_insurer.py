"""Whether somebody was a dependant in employees' insurance on the day before: for every combination of report and record."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from chassis.law import calendar_faults
from eligibility_service.rules.previous_insurer import FormerDependant, Insurer, former_dependant

NO, YES, ASK = FormerDependant.NO, FormerDependant.YES, FormerDependant.TO_CONFIRM
NATIONAL, EMPLOYEE, DEPENDANT, NO_RECORD = Insurer.NATIONAL, Insurer.EMPLOYEE, Insurer.EMPLOYEE_DEPENDANT, Insurer.NO_RECORD


def judged(insurer: Insurer, elderly_record: Insurer, *, confirmed: bool = False) -> FormerDependant:
    found = former_dependant.on(date(2008, 4, 1))(
        insurer=np.array([insurer], np.int8), elderly_record=np.array([elderly_record], np.int8), confirmed=np.array([confirmed])
    )
    return FormerDependant(int(found[0]))


@pytest.mark.parametrize(
    ("insurer", "elderly_record", "answer"),
    [
        (DEPENDANT, NO_RECORD, YES),
        (DEPENDANT, DEPENDANT, YES),
        (NATIONAL, NATIONAL, NO),
        (Insurer.NATIONAL_SOCIETY, NO_RECORD, NO),
        (EMPLOYEE, EMPLOYEE, NO),
        (Insurer.NONE, NO_RECORD, NO),
        (Insurer.UNKNOWN, NO_RECORD, ASK),
        (EMPLOYEE, NATIONAL, ASK),
        (DEPENDANT, NATIONAL, ASK),
        (NATIONAL, DEPENDANT, ASK),
    ],
)
def test_the_insurer_of_the_day_before_decides_and_a_contradiction_is_asked_about(
    insurer: Insurer, elderly_record: Insurer, answer: FormerDependant
) -> None:
    """I-06: an old 老人保健 record charged 86 people wrongly. Without `contradicts` in the rule the last three answered yes or no."""
    assert judged(insurer, elderly_record) is answer


def test_an_officer_who_has_seen_the_evidence_settles_a_contradiction_and_never_an_unknown() -> None:
    assert judged(DEPENDANT, NATIONAL, confirmed=True) is YES
    assert judged(EMPLOYEE, NATIONAL, confirmed=True) is NO
    assert judged(Insurer.UNKNOWN, NATIONAL, confirmed=True) is ASK


def test_the_rule_holds_on_every_day_since_the_scheme_began() -> None:
    assert calendar_faults(former_dependant, start=date(2008, 4, 1), end=date(2028, 4, 1)) == []
