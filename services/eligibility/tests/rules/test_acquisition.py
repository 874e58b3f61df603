"""From which day somebody is insured, to the day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from chassis.law import NEVER, calendar_faults, day_number, day_of
from eligibility_service.rules.acquisition import acquisition, reaches_75_on
from eligibility_service.rules.certificates import certificate_kind
from eligibility_service.rules.disability import certifiable, withdrawal
from eligibility_service.rules.domicile_exception import domicile_exception
from eligibility_service.rules.loss import disability_end_loss, exclusion_loss, loss
from hypothesis import given
from hypothesis import strategies as st

BIRTHS = st.dates(date(1890, 1, 1), date(2000, 12, 31))
DAYS = st.dates(date(1930, 1, 1), date(2060, 12, 31))


def _days(*days: date) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array([day_number(day) for day in days], np.int32)


def _acquired(born_on: date, since: date) -> tuple[date | None, bool]:
    found = acquisition.on(date(2026, 7, 13))(born_on=_days(born_on), residence_since=_days(since))
    return day_of(found.acquired_on[0]), bool(found.by_age[0])


@pytest.mark.parametrize(
    ("born_on", "since", "acquired_on", "by_age"),
    [
        (date(1951, 7, 13), date(1980, 1, 1), date(2026, 7, 13), True),  # the birthday itself, not the day before
        (date(1951, 3, 1), date(1980, 1, 1), date(2026, 3, 1), True),
        (date(1952, 2, 29), date(1980, 1, 1), date(2027, 3, 1), True),  # 29 February, 75 years later not a leap year
        (date(1948, 2, 28), date(1980, 1, 1), date(2023, 2, 28), True),
        (date(1940, 5, 5), date(2020, 10, 1), date(2020, 10, 1), False),  # moved in at 80
        (date(1951, 7, 13), date(2026, 7, 13), date(2026, 7, 13), True),  # moved in on the birthday
        (date(1951, 7, 13), date(2026, 7, 14), date(2026, 7, 14), False),
        (date(1920, 1, 1), date(1950, 1, 1), date(2008, 4, 1), True),  # the scheme begins
        (date(1933, 4, 1), date(1950, 1, 1), date(2008, 4, 1), True),  # 75 on the day the scheme began
        (date(1933, 4, 2), date(1950, 1, 1), date(2008, 4, 2), True),
        (date(1920, 1, 1), date(2008, 4, 2), date(2008, 4, 2), False),
    ],
)
def test_acquisition_is_on_the_75th_birthday_or_the_first_day_of_residence(
    born_on: date, since: date, acquired_on: date, by_age: bool
) -> None:
    assert _acquired(born_on, since) == (acquired_on, by_age)


@given(BIRTHS, DAYS)
def test_nobody_is_acquired_before_75_before_residence_or_before_the_scheme(born_on: date, since: date) -> None:
    acquired_on, _ = _acquired(born_on, since)

    assert acquired_on is not None
    assert acquired_on >= since
    assert acquired_on >= date(2008, 4, 1)
    turned = acquired_on.year - born_on.year - ((acquired_on.month, acquired_on.day) < (born_on.month, born_on.day))
    assert turned >= 75


@given(BIRTHS)
def test_the_75th_birthday_has_the_day_of_birth_but_for_29_february(born_on: date) -> None:
    reached = day_of(reaches_75_on(born_on=_days(born_on))[0])

    expected = date(born_on.year + 75, 3, 1) if (born_on.month, born_on.day) == (2, 29) else born_on.replace(year=born_on.year + 75)
    assert reached == expected


@given(st.lists(st.tuples(BIRTHS, DAYS), min_size=1, max_size=50))
def test_many_at_once_are_decided_as_one_by_one(people: list[tuple[date, date]]) -> None:
    births, since = zip(*people, strict=True)
    together = acquisition.on(date(2026, 7, 13))(born_on=_days(*births), residence_since=_days(*since))

    assert [(day_of(day), bool(by_age)) for day, by_age in zip(*together, strict=True)] == [_acquired(*person) for person in people]


@given(DAYS)
def test_loss_is_on_the_day_after_and_never_while_a_resident(ended_on: date) -> None:
    days = np.array([day_number(ended_on), NEVER], np.int32)
    lost = loss.on(date(2026, 7, 13))(ended_on=days, elsewhere_since=np.full(2, NEVER, np.int32))

    assert day_of(lost[0]) == ended_on + timedelta(days=1)
    assert day_of(lost[1]) is None


def test_a_death_on_the_last_of_a_month_loses_on_the_first_of_the_next() -> None:
    lost = loss.on(date(2026, 7, 13))(ended_on=_days(date(2026, 6, 30)), elsewhere_since=np.array([NEVER], np.int32))

    assert day_of(lost[0]) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("ended_on", "elsewhere_since", "lost_on"),
    [
        (date(2026, 6, 30), date(2026, 6, 30), date(2026, 6, 30)),  # the address there began on the day of leaving: that day
        (date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 1)),
        (date(2026, 6, 30), date(2026, 7, 5), date(2026, 7, 1)),
    ],
)
def test_moving_between_unions_on_one_day_loses_on_that_day_else_on_the_day_after(
    ended_on: date, elsewhere_since: date, lost_on: date
) -> None:
    lost = loss.on(date(2026, 7, 13))(ended_on=_days(ended_on), elsewhere_since=_days(elsewhere_since))

    assert day_of(lost[0]) == lost_on


def test_each_rule_holds_on_every_day_since_the_scheme_began_without_gap_or_overlap() -> None:
    rules = (acquisition, loss, exclusion_loss, disability_end_loss, certifiable, withdrawal, domicile_exception, certificate_kind)
    for each in rules:
        assert calendar_faults(each, start=date(2008, 4, 1), end=date(2028, 4, 1)) == []
