"""納期限: the days on which ordinary instalments are due."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from chassis.law import FiscalYear, in_force, rule

IsClosed = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the municipal calendar: 1 to 12, and the day on which its instalment is due (None: the last day of the month)."""

    month: int
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """期別: an instalment of a fiscal year without its amount: number from 1, calendar month, due day."""

    number: int
    month: int
    due_on: date


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第109条（納期は市町村の条例で定める）")
def moved_due_day(*, year: int, month: Month, is_closed: IsClosed) -> date:
    """納期限: the day named, or the last of a shorter month; from a day on which banks are closed on to the next open one."""
    last = monthrange(year, month.month)[1]
    day = date(year, month.month, last if month.due is None else min(month.due, last))
    while is_closed(day):
        day += timedelta(days=1)
    return day


due_day = rule("instalment_due_day", moved_due_day)


def ordinary_slots(fiscal_year: FiscalYear, months: tuple[Month, ...], is_closed: IsClosed) -> tuple[Slot, ...]:
    """期割: the instalments of a fiscal year in the order of `months`; January to March belong to the next calendar year."""
    find = due_day.on(fiscal_year.start)
    return tuple(
        Slot(number, month.month, find(year=_year_of(fiscal_year, month.month), month=month, is_closed=is_closed))
        for number, month in enumerate(months, start=1)
    )


def extra_slot(fiscal_year: FiscalYear, months: tuple[Month, ...], is_closed: IsClosed, *, today: date, notice_days: int) -> Slot:
    """随時期: the instalment for what is decided when no ordinary one is open: the end of the month after `today`.

    It lies after the last ordinary month and at least `notice_days` away. Its number follows from its month, one for each month after
    the last ordinary one, so that it is the same wherever it is made.
    """
    last = _index(fiscal_year, months[-1].month)
    after = max(last, today.year * 12 + today.month - 1)
    while True:
        after += 1
        year, month = divmod(after, 12)
        named = next((found for found in months if found.month == month + 1), Month(month + 1))
        due_on = due_day.on(fiscal_year.start)(year=year, month=named, is_closed=is_closed)
        if (due_on - today).days >= notice_days:
            return Slot(len(months) + after - last, named.month, due_on)


def _index(fiscal_year: FiscalYear, month: int) -> int:
    return _year_of(fiscal_year, month) * 12 + month - 1


def _year_of(fiscal_year: FiscalYear, month: int) -> int:
    return fiscal_year.year if month >= 4 else fiscal_year.year + 1
