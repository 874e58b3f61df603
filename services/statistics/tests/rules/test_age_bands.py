"""年齢階級 on the days that matter: the birthday, the day before, and 29 February."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statistics_service.rules.age_bands import BANDS, UNDER_65, band_of, latest_birthdays
from statistics_service.store.counts import bounds


def band(born: date, on: date) -> str:
    return band_of(bisect_right(bounds(on), born))


@pytest.mark.parametrize(
    ("born", "on", "expected"),
    [
        (date(1946, 7, 14), date(2026, 7, 13), "75-79"),
        (date(1946, 7, 13), date(2026, 7, 13), "80-84"),
        (date(1926, 7, 13), date(2026, 7, 13), "100+"),
        (date(1926, 7, 14), date(2026, 7, 13), "95-99"),
        (date(1905, 1, 1), date(2026, 7, 13), "100+"),
        (date(1961, 7, 13), date(2026, 7, 13), "65-69"),
        (date(1961, 7, 14), date(2026, 7, 13), UNDER_65),
        (date(1948, 2, 29), date(2023, 2, 28), "70-74"),
        (date(1948, 2, 29), date(2023, 3, 1), "75-79"),
        (date(1949, 2, 28), date(2024, 2, 29), "75-79"),
        (date(1949, 3, 1), date(2024, 2, 29), "70-74"),
    ],
)
def test_a_person_changes_the_band_on_the_birthday(born: date, on: date, expected: str) -> None:
    assert band(born, on) == expected


@given(born=st.dates(date(1880, 1, 1), date(1990, 12, 31)), on=st.dates(date(2008, 4, 1), date(2060, 12, 31)))
def test_the_band_is_that_of_the_age_in_whole_years(born: date, on: date) -> None:
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    expected = UNDER_65 if age < 65 else "100+" if age >= 100 else BANDS[(age - 65) // 5]
    assert band(born, on) == expected


def test_the_bounds_of_every_day_ascend_for_the_database() -> None:
    for on in (date(2024, 2, 29), date(2026, 7, 13)):
        assert latest_birthdays(on) == sorted(latest_birthdays(on))
