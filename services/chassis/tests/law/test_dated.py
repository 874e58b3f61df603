"""Numbers by day, fiscal years, periods and dated rules."""

from __future__ import annotations

from datetime import date

import pytest
from chassis.law import (
    NEVER,
    Dated,
    Entry,
    FiscalYear,
    NotInForce,
    Period,
    Rule,
    UnknownToUs,
    calendar_faults,
    day_number,
    day_of,
    in_force,
    rule,
)
from chassis.law.in_force import RULES
from hypothesis import given
from hypothesis import strategies as st


def _cap() -> Dated[int]:
    def entry(start: date, value: int | None, **more: object) -> Entry[int]:
        return Entry(start=start, value=value, confidence="verified", law="施行令", source="page", **more)  # type: ignore[arg-type]

    entries = (
        entry(date(2008, 4, 1), 500_000),
        entry(date(2012, 4, 1), None, gap="not read"),
        entry(date(2014, 4, 1), 570_000),
        entry(date(2018, 4, 1), None, ended=True, see="other"),
        Entry(start=date(2020, 4, 1), value=1, confidence="memory-high", law="施行令", source="none"),
    )
    return Dated("levy_cap", "賦課限度額", "The most.", date(2021, 3, 31), entries)


def test_a_value_holds_from_its_first_day_to_the_day_before_the_next() -> None:
    assert _cap().on(date(2008, 4, 1)) == _cap().on(date(2012, 3, 31)) == 500_000
    assert _cap().on(date(2014, 4, 1)) == 570_000


def test_before_the_first_day_there_is_no_value_and_the_error_names_parameter_and_day() -> None:
    with pytest.raises(NotInForce, match="levy_cap has no value on 2008-03-31: the first begins on 2008-04-01") as caught:
        _cap().on(date(2008, 3, 31))
    assert "「賦課限度額」" in caught.value.message_ja


def test_a_gap_says_that_nobody_knows_instead_of_giving_the_older_value() -> None:
    with pytest.raises(UnknownToUs, match="not known on 2013-01-01: not read"):
        _cap().on(date(2013, 1, 1))


def test_a_value_that_has_ended_says_where_to_look() -> None:
    with pytest.raises(NotInForce, match=r"ended on 2018-04-01\. See other"):
        _cap().on(date(2019, 1, 1))
    assert _cap().find(date(2019, 1, 1)) is None
    assert _cap().find(date(2000, 1, 1)) is None


def test_provisional_is_what_is_not_verified_or_later_than_anybody_reviewed() -> None:
    assert not _cap().provisional_on(date(2008, 4, 1))
    assert _cap().provisional_on(date(2020, 4, 1))
    assert _cap().provisional_on(date(2021, 4, 1))


def test_fiscal_years_know_their_days_months_income_year_and_japanese_name() -> None:
    year = FiscalYear(2026)
    assert (year.start, year.end, year.income_year) == (date(2026, 4, 1), date(2027, 4, 1), 2025)
    assert [start.month for start in year.month_starts] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]
    assert year.month_starts[-1] == date(2027, 3, 1)
    assert (year.name, FiscalYear(2019).name, FiscalYear(2018).name, FiscalYear(2008).name) == (
        "令和8年度",
        "令和元年度",
        "平成30年度",
        "平成20年度",
    )


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_every_day_is_in_the_fiscal_year_that_it_gives(day: date) -> None:
    assert day in FiscalYear.of(day).period
    assert day not in FiscalYear.of(day).next.period


def test_periods_are_half_open() -> None:
    first, second = Period(date(2026, 1, 1), date(2026, 2, 1)), Period(date(2026, 2, 1))
    assert date(2026, 2, 1) not in first
    assert date(2026, 2, 1) in second
    assert not first.overlaps(second)
    assert first.last_day == date(2026, 1, 31)
    assert Period(date(2026, 1, 15)).intersection(first) == Period(date(2026, 1, 15), date(2026, 2, 1))
    assert first.intersection(second) is None
    with pytest.raises(ValueError, match="holds no day"):
        Period(date(2026, 1, 1), date(2026, 1, 1))


@given(st.dates())
def test_day_numbers_are_those_of_postgresql_and_come_back(day: date) -> None:
    assert day_of(day_number(day)) == day
    assert day_number(date(2000, 1, 1)) == 0
    assert day_of(NEVER) is None
    assert day_number(None) == NEVER


@in_force("2008-04-01", until="2014-04-01", law="旧")
def _old(amount: int) -> int:
    return amount


@in_force("2014-04-01", law="新")
def _new(amount: int) -> int:
    return amount * 2


@in_force("2013-04-01", until="2014-01-01", law="重複")
def _overlapping(amount: int) -> int:
    return -amount


def test_a_rule_gives_the_function_of_the_day() -> None:
    doubling = Rule("doubling", (_old, _new))
    assert doubling.on(date(2014, 3, 31))(3) == 3
    assert doubling.on(date(2014, 4, 1))(3) == 6
    assert doubling.article_on(date(2014, 4, 1)) == "新"
    with pytest.raises(NotInForce, match="doubling has no version on 2008-03-31"):
        doubling.on(date(2008, 3, 31))


def test_the_calendar_walk_finds_gaps_overlaps_and_versions_never_reached() -> None:
    start, end = date(2008, 4, 1), date(2016, 4, 1)
    assert calendar_faults(Rule("whole", (_old, _new)), start=start, end=end) == []
    assert calendar_faults(Rule("gap", (_old,)), start=start, end=end) == ["gap: no version from 2014-04-01"]
    assert calendar_faults(Rule("twice", (_old, _overlapping, _new)), start=start, end=end) == [
        "twice: _old, _overlapping overlap from 2013-04-01",
        "twice: _overlapping is never reached",
    ]


def test_a_function_without_dates_is_no_version() -> None:
    def plain(amount: int) -> int:
        return amount

    with pytest.raises(TypeError, match="has no dates"):
        rule("plain", plain)
    assert "plain" not in RULES
