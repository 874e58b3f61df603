"""納期限: the due days that municipalities have printed, and what holds on every calendar."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.law import RULES, FiscalYear, UnknownParameter, calendar_faults
from collection_service.law import Calendar, calendar_of, closing_days, office_of
from collection_service.rules.due_days import Month, due_day
from hypothesis import given
from hypothesis import strategies as st

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("due_days.yaml").read_text(encoding="utf-8"))


def calendar(fiscal_year: int, months: list[int], due_day: str | int, exceptions: dict[int, int] | None = None, **more: Any) -> Calendar:
    due = None if due_day == "end" else int(due_day)
    named = tuple(Month(month, (exceptions or {}).get(month, due)) for month in months)
    year = FiscalYear(fiscal_year)
    return Calendar(year, named, **{"rounding": 100, "notice_days": 10, "closing_days": closing_days(year), **more})


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_due_days_are_those_that_were_printed(case: dict[str, Any]) -> None:
    found = calendar(case["fiscal_year"], **case["calendar"])
    assert [slot.due_on for slot in found.slots] == case["expect"]


@given(
    fiscal_year=st.integers(2008, 2060),
    months=st.lists(st.integers(1, 12), min_size=1, max_size=12, unique=True).map(lambda found: sorted(found, key=lambda m: (m < 4, m))),
    due=st.one_of(st.just("end"), st.integers(1, 31)),
)
def test_a_due_day_is_a_day_on_which_banks_are_open_and_never_before_the_day_named(
    fiscal_year: int, months: list[int], due: str | int
) -> None:
    found = calendar(fiscal_year, months, due)
    for slot in found.slots:
        assert not found.is_closed(slot.due_on)
        named = slot.due_on
        while found.is_closed(named - timedelta(days=1)):
            named -= timedelta(days=1)
        assert (slot.due_on - named).days <= 10
    assert [slot.number for slot in found.slots] == list(range(1, len(months) + 1))
    assert [slot.due_on for slot in found.slots] == sorted(slot.due_on for slot in found.slots)


@given(today=st.dates(date(2026, 4, 1), date(2029, 12, 31)), notice_days=st.integers(0, 60))
def test_the_extra_instalment_comes_after_the_ordinary_ones_and_in_time_to_give_notice(today: date, notice_days: int) -> None:
    found = calendar(2026, [7, 8, 9, 10, 11, 12, 1, 2], "end", {12: 25}, notice_days=notice_days)
    extra = found.extra(today)
    assert extra.number > 8
    assert extra.due_on > found.slots[-1].due_on
    assert found.is_open(extra, today)
    months = (extra.due_on.year - today.year) * 12 + extra.due_on.month - today.month
    assert months >= 1 or extra.due_on < date(2027, 5, 1)


def test_an_extra_instalment_has_one_number_whenever_it_is_made() -> None:
    found = calendar(2026, [7, 8, 9, 10, 11, 12, 1, 2], "end")
    assert {found.extra(date(2027, 3, day)) for day in range(1, 32)} == {found.extra(date(2027, 3, 1))}
    assert found.extra(date(2027, 3, 1)).number == 10
    assert found.extra(date(2028, 3, 1)).number == 22


def test_a_municipality_without_a_calendar_is_named() -> None:
    with pytest.raises(UnknownParameter) as unknown:
        calendar_of("131024", 2026)
    assert "131024" in unknown.value.message_ja
    with pytest.raises(UnknownParameter):
        office_of("131024", date(2026, 7, 13))


def test_the_sample_union_has_confirmed_what_is_provisional_and_others_have_not() -> None:
    assert calendar_of("131016", 2026, sample=True).provisional == ()
    assert calendar_of("131016", 2026).provisional == ("131016.ordinary_instalments", "notice_days")


@pytest.mark.parametrize("name", ["instalment_due_day", "instalment_amounts", "instalments_after_a_change"])
def test_every_day_of_the_scheme_has_exactly_one_version_of_the_rule(name: str) -> None:
    assert due_day.name in RULES
    assert calendar_faults(RULES[name], start=date(2008, 4, 1), end=date(2031, 4, 1)) == []
