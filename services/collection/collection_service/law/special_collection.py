"""What the law and a municipality say about 特別徴収, read for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from chassis.law import Dated, FiscalYear, Value, flag, rate, record, table, whole, word

from collection_service.law import Calendar, law_book, name_for
from collection_service.rules.collection_method import SpecialCollectionTerms
from collection_service.rules.due_days import Month, Slot, due_day
from collection_service.rules.pensions import PensionKind, StartWindow
from collection_service.rules.special_instalments import MONTHS, Levelling, pension_days

NAMES = (
    "special_collection_smallest_pension",
    "special_collection_largest_share",
    "special_collection_needs_own_care",
    "special_start_windows",
    "pension_priority",
    "special_levelling",
    "special_instalment_rounding",
    "pension_pay_day",
    "special_request_due",
    "special_stop_months",
    "special_payment_due_day",
    "usual_first_due_day",
)
FIRST_NUMBER = 101
"""The instalment of April that is taken from a pension; those of June to February follow."""


@dataclass(frozen=True, slots=True)
class SpecialCollectionLaw:
    """特別徴収の定め of a municipality on a day. `ranks` by `PensionKind`; `rounding` of the payments in yen; `pay_day`: day of an even
    month on which pensions are paid; `request_due`: month of a payment → month and day until which it can be requested; `stop_months`
    before a payment a stop must be sent; `payment_due_day`: of the month after a payment; `usual_first_due`: month and day;
    `provisional`: parameters that are not verified."""

    terms: SpecialCollectionTerms
    ranks: tuple[int, ...]
    levelling: Levelling
    rounding: int
    pay_day: int
    request_due: dict[int, tuple[int, int]]
    stop_months: int
    payment_due_day: int
    usual_first_due: Month
    provisional: tuple[str, ...]


@dataclass(frozen=True)
class Payments:
    """特別徴収の期別 of a fiscal year: six instalments in the order of the year, each due on its pension day.

    `requested_after` and `taken_from`: from the day after the one an amount can no longer be requested otherwise, from the other on it can
    no longer be stopped; `paid_in_on`: 納入期限, the day that counts as due where a premium is first due from a pension.
    """

    slots: tuple[Slot, ...]
    requested_after: tuple[date, ...]
    taken_from: tuple[date, ...]
    paid_in_on: tuple[date, ...]
    unit: int


def special_collection_law(municipality_code: str, on: date) -> SpecialCollectionLaw:
    """What holds for a municipality on a day. ValueError where the order of pensions leaves out or repeats a kind."""
    found = [law_book()[name_for(municipality_code, name)] for name in NAMES]
    smallest, share, own_care, windows, priority, levelling, rounding, pay_day, due, stop, paid_in, usual = (
        dated.on(on) for dated in found
    )
    return SpecialCollectionLaw(
        terms=SpecialCollectionTerms(
            smallest_pension=whole(smallest),
            largest_share=rate(share),
            needs_own_care=flag(own_care),
            windows=tuple(
                StartWindow(whole(row["until_month"]), whole(row["until_day"]), whole(row["start_month"])) for row in table(windows)
            ),
        ),
        ranks=_ranks(priority),
        levelling=Levelling(word(levelling)),
        rounding=whole(rounding),
        pay_day=whole(pay_day),
        request_due={whole(row["month"]): (whole(row["due_month"]), whole(row["due_day"])) for row in table(due)},
        stop_months=whole(stop),
        payment_due_day=whole(paid_in),
        usual_first_due=Month(whole(record(usual)["month"]), whole(record(usual)["day"])),
        provisional=_provisional(found, on),
    )


@cache
def payments_of(municipality_code: str, calendar: Calendar) -> Payments:
    """The six payments of a municipality in the fiscal year of a calendar."""
    year = calendar.fiscal_year
    law = special_collection_law(municipality_code, year.start)
    days = pension_days(year, law.pay_day, calendar.is_closed)
    find = due_day.on(year.start)
    after = [divmod(day.year * 12 + day.month, 12) for day in days]
    return Payments(
        slots=tuple(Slot(FIRST_NUMBER + index, day.month, day) for index, day in enumerate(days)),
        requested_after=tuple(_before(day, *law.request_due[month]) for month, day in zip(MONTHS, days, strict=True)),
        taken_from=tuple(_months_before(day, law.stop_months) for day in days),
        paid_in_on=tuple(
            find(year=later, month=Month(month + 1, law.payment_due_day), is_closed=calendar.is_closed) for later, month in after
        ),
        unit=law.rounding,
    )


def usual_first_due(calendar: Calendar, law: SpecialCollectionLaw) -> date:
    """The first due day of a fiscal year of whoever nothing else is said."""
    start = calendar.fiscal_year.start
    return due_day.on(start)(year=start.year, month=law.usual_first_due, is_closed=calendar.is_closed)


def months_of(year: FiscalYear) -> tuple[int, ...]:
    """The payments of a fiscal year as year × 12 + month − 1."""
    return tuple((year.year + (month < 4)) * 12 + month - 1 for month in MONTHS)


def _before(day: date, month: int, of_month: int) -> date:
    """The last day of that month and day that lies before `day`."""
    found = date(day.year, month, of_month)
    return found if found < day else date(day.year - 1, month, of_month)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _ranks(priority: Value) -> tuple[int, ...]:
    order = [PensionKind[word(row["kind"]).upper()] for row in table(priority)]
    if sorted(order) != sorted(PensionKind):
        raise ValueError(f"The order of pensions must name each kind once: {[kind.name for kind in order]}.")
    return tuple(order.index(kind) for kind in PensionKind)


def _provisional(found: list[Dated[Value]], on: date) -> tuple[str, ...]:
    return tuple(sorted(dated.name for dated in found if dated.provisional_on(on)))
