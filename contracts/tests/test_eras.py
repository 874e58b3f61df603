# SPDX-License-Identifier: Apache-2.0
from datetime import date, timedelta

import pytest
from contracts.eras import ERAS, FIRST_DAY, UnreadableDay, era_digits, era_of, format_day, format_day_short, format_fiscal_year, parse_day
from hypothesis import given
from hypothesis import strategies as st

DAYS = st.dates(min_value=FIRST_DAY, max_value=date(2100, 12, 31))


@pytest.mark.parametrize(
    "typed",
    [
        "昭和20年6月1日",
        "S20.6.1",
        "s200601",
        "S20/06/01",
        "3200601",
        "昭20.06.01",
        "Ｓ２０．６．１",
        "㍼20年6月1日",
        "3-20-6-1",
        "1945-06-01",
        "19450601",
        "1945年6月1日",
        "１９４５／６／１",
        " 昭和 20年 6月 1日 ",
        "S20。6。1",
    ],
)
def test_whatever_a_clerk_types_for_one_day_is_that_day(typed: str) -> None:
    assert parse_day(typed) == date(1945, 6, 1)


@pytest.mark.parametrize(
    ("last", "first"),
    [
        ("明治45年7月29日", "大正元年7月30日"),
        ("大正15年12月24日", "昭和元年12月25日"),
        ("昭和64年1月7日", "平成元年1月8日"),
        ("平成31年4月30日", "令和元年5月1日"),
    ],
)
def test_the_day_after_the_last_day_of_an_era_is_the_first_day_of_the_next(last: str, first: str) -> None:
    assert parse_day(first) - parse_day(last) == timedelta(days=1)
    assert format_day(parse_day(last)) == last
    assert format_day(parse_day(first)) == first


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("昭和64年1月8日", "平成元年1月8日"),
        ("平成元年1月7日", "昭和64年1月7日"),
        ("平成31年5月1日", "令和元年5月1日"),
        ("R1.4.30", "平成31年4月30日"),
        ("3650101", "平成2年1月1日"),
    ],
)
def test_a_day_outside_its_era_is_refused_and_the_right_era_is_named(typed: str, right: str) -> None:
    with pytest.raises(UnreadableDay, match=right):
        parse_day(typed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "空です"),
        ("200601", "読めません"),
        ("昭和", "読めません"),
        ("S20.2.30", "暦にありません"),
        ("2026-02-29", "暦にありません"),
        ("昭和0年1月1日", "元年"),
        ("明治元年1月24日", "明治元年1月25日から"),
        ("昭和20年頃", "読めません"),
    ],
)
def test_what_is_no_day_is_refused_in_japanese(typed: str, said: str) -> None:
    with pytest.raises(UnreadableDay, match=said):
        parse_day(typed)


def test_a_day_before_meiji_has_no_era() -> None:
    with pytest.raises(UnreadableDay, match="明治より前"):
        era_of(FIRST_DAY - timedelta(days=1))


@given(DAYS)
def test_every_day_from_meiji_to_2100_survives_writing_and_reading(day: date) -> None:
    assert parse_day(format_day(day)) == day
    assert parse_day(format_day_short(day)) == day
    assert parse_day(era_digits(day)) == day
    assert parse_day(day.isoformat()) == day


@given(DAYS)
def test_every_day_belongs_to_exactly_one_era(day: date) -> None:
    assert [era for era in ERAS if era.contains(day)] == [era_of(day)]


def test_fiscal_years_are_named_as_offices_name_them() -> None:
    assert [format_fiscal_year(year) for year in (2008, 2018, 2019, 2020, 2026)] == [
        "平成20年度",
        "平成30年度",
        "令和元年度",
        "令和2年度",
        "令和8年度",
    ]
