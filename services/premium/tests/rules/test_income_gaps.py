"""Who must be asked for at another municipality, and whose income is not known: everybody has one reason (I-20)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from chassis.law import day_number
from hypothesis import given, settings
from hypothesis import strategies as st
from premium_service.rules.income_gaps import EXTRACTED, NO_RECORD, SINCE_UNKNOWN, Gap, Reason, judge, tax_day

NEW_YEAR = date(2026, 1, 1)
OLD = date(1944, 5, 1)


def judged(status: int, since: date | None, born: date = OLD) -> tuple[Reason, Gap]:
    found = judge(
        income_year=2025,
        income_status=np.array([status], np.int16),
        resident_since=np.array([SINCE_UNKNOWN if since is None else day_number(since)], np.int32),
        born_on=np.array([day_number(born)], np.int32),
    )
    return Reason(int(found.reason[0])), Gap(int(found.gap[0]))


def test_the_day_of_tax_divides_those_who_were_here_from_those_who_came_later() -> None:
    """I-20, T-09: on 1 January one is taxed here, on 2 January not."""
    assert tax_day(2025) == NEW_YEAR
    assert judged(NO_RECORD, NEW_YEAR) == (Reason.HERE_ON_TAX_DAY, Gap.MISSING)
    assert judged(NO_RECORD, NEW_YEAR + timedelta(1)) == (Reason.CAME_LATER, Gap.OTHER_MUNICIPALITY)


def test_undeclared_from_a_municipality_that_cannot_know_is_no_state_of_the_person() -> None:
    """I-18: a mover is asked for elsewhere, and is not 未申告."""
    assert judged(2, NEW_YEAR) == (Reason.HERE_ON_TAX_DAY, Gap.UNDECLARED)
    assert judged(2, date(2026, 5, 1)) == (Reason.CAME_LATER_UNDECLARED, Gap.OTHER_MUNICIPALITY)


def test_an_unknown_day_of_arrival_is_asked_about_and_not_left_out() -> None:
    assert judged(NO_RECORD, None) == (Reason.SINCE_UNKNOWN, Gap.OTHER_MUNICIPALITY)
    assert judged(1, None) == (Reason.DETERMINED, Gap.NONE)


def test_whoever_is_inquired_already_is_not_extracted_again() -> None:
    assert judged(3, date(2026, 5, 1)) == (Reason.BEING_INQUIRED, Gap.INQUIRING)


def test_nobody_looks_for_the_income_of_the_young() -> None:
    assert judged(NO_RECORD, date(2026, 5, 1), born=date(2006, 1, 1)) == (Reason.CAME_LATER, Gap.OTHER_MUNICIPALITY)
    assert judged(NO_RECORD, date(2026, 5, 1), born=date(2006, 1, 2)) == (Reason.YOUNG, Gap.NONE)


_DAYS = st.dates(date(2025, 6, 1), date(2026, 12, 31))
_PEOPLE = st.lists(st.tuples(st.integers(0, 3), st.none() | _DAYS, st.dates(date(1920, 1, 1), date(2020, 1, 1))), max_size=60)


@given(_PEOPLE)
@settings(max_examples=150, deadline=None)
def test_extracted_and_left_out_add_up_to_all_and_only_the_extracted_are_of_another_municipality(people: list[tuple[Any, ...]]) -> None:
    """I-20: the complement check. A condition dropped from the rule (seen with YOUNG removed from its list) breaks a claim of this file."""
    found = judge(
        income_year=2025,
        income_status=np.array([status for status, _, _ in people], np.int16),
        resident_since=np.array([SINCE_UNKNOWN if since is None else day_number(since) for _, since, _ in people], np.int32),
        born_on=np.array([day_number(born) for _, _, born in people], np.int32),
    )
    reasons = [Reason(code) for code in found.reason.tolist()]
    extracted = [reason in EXTRACTED for reason in reasons]
    assert found.is_extracted.tolist() == extracted
    assert [gap == Gap.OTHER_MUNICIPALITY for gap in found.gap.tolist()] == extracted
    for (status, since, _), reason, gap in zip(people, reasons, found.gap.tolist(), strict=True):
        assert (gap == Gap.NONE) == (reason in (Reason.DETERMINED, Reason.YOUNG)), "whose income is not known has a state"
        assert status != 1 or gap == Gap.NONE
        assert since is None or since > NEW_YEAR or reason not in EXTRACTED
