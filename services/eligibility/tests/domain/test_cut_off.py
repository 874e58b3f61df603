"""基準日: who is 75 on the cut-off day, to the day, for births of any day."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from eligibility_service.domain.ledger import begun_by, qualifications_of
from hypothesis import example, given
from hypothesis import strategies as st

CUT_OFFS = st.dates(date(2008, 4, 1), date(2060, 12, 31))


@given(cut_off=CUT_OFFS, days=st.integers(-800, 800))
@example(cut_off=date(2027, 2, 28), days=0)
@example(cut_off=date(2027, 3, 1), days=0)
@example(cut_off=date(2011, 2, 28), days=1)
def test_birthday_one_day_before_on_and_after_the_cut_off_day(cut_off: date, days: int) -> None:
    """T-07: whoever is 75 on the cut-off day or before is in the ledger of that day, whoever is a day younger is not; 29 February
    comes with 1 March. Counted here by the calendar alone, for birthdays at any distance and for the days around each."""
    births = [_plus(date(cut_off.year - 75, 3, 1), days + offset) for offset in (-1, 0, 1)]
    births += [_plus(date(cut_off.year - 75, cut_off.month, min(cut_off.day, 28)), offset) for offset in range(-2, 4)]
    births += [date(year, 2, 29) for year in (cut_off.year - 75, cut_off.year - 76) if _is_leap(year)]

    found = qualifications_of(_residents(births)).select(begun_by(cut_off)).to_series().to_list()

    assert found == [_is_75(born, cut_off) for born in births]


def _residents(births: list[date]) -> pl.DataFrame:
    rows = len(births)
    return pl.DataFrame(
        {
            "municipality_code": ["131016"] * rows,
            "resident_number": [str(number) for number in range(rows)],
            "born_on": births,
            "since": [date(1900, 1, 1)] * rows,
            "ended_on": pl.Series([None] * rows, dtype=pl.Date),
            "status": ["1"] * rows,
        }
    )


def _plus(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _is_75(born: date, on: date) -> bool:
    return (on.year - born.year, on.month, on.day) >= (75, born.month, born.day)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
