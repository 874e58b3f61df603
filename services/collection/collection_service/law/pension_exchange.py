"""特別徴収の情報交換の日程: the cycles of the exchange with the pension payers, read for a day."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from chassis.business_days import is_business_day
from chassis.law import FiscalYear, flag, record, table, whole
from contracts.layouts.site_codes import Notice

from collection_service.law import law_book
from collection_service.law.special_collection import FIRST_NUMBER
from collection_service.rules.special_instalments import MONTHS


@dataclass(frozen=True, slots=True)
class Cycle:
    """情報交換の周期: one capture by the pension payers. `arrives_by`: their list; `due_on`: our request (締切, a business day);
    `starts_on`: first day of the month of the first deduction. `provisional`: the days are not verified."""

    captured_on: date
    candidates: Notice
    request: Notice
    arrives_by: date
    due_on: date
    starts_on: date
    provisional: bool

    @property
    def answer_by(self) -> date:
        """By when every line must be answered: the last business day before the month of the first deduction."""
        return _open_day(self.starts_on - timedelta(days=1))

    @property
    def fiscal_year(self) -> int:
        """年度 of the first deduction."""
        return FiscalYear.of(self.starts_on).year

    @property
    def number(self) -> int:
        """The instalment of the first deduction."""
        return payment_number(self.starts_on.month)

    @property
    def months(self) -> tuple[int, ...]:
        """The payments that the request sets an amount for: those of 本徴収 from the April capture, else the first alone."""
        return (10, 12) if self.request is Notice.REQUEST else (self.starts_on.month,)


def payment_number(month: int) -> int:
    """The number of the instalment that is collected at the pension payment of a month. ValueError for a month without one."""
    return FIRST_NUMBER + MONTHS.index(month)


def cycle_of(captured_on: date) -> Cycle:
    """The cycle of a capture, which is on the first day of an even month. ValueError for any other day."""
    if captured_on.day != 1 or captured_on.month not in MONTHS:
        raise ValueError(f"{captured_on} is no capture: pension payers capture on the first day of even months.")
    dated = law_book()[f"pension_exchange_{captured_on.month:02}"]
    row = record(dated.on(captured_on))
    dues = law_book()["special_request_due"]
    (due,) = (found for found in table(dues.on(captured_on)) if found["month"] == row["start_month"])
    added = flag(row["is_added"])
    return Cycle(
        captured_on=captured_on,
        candidates=Notice.ADDED_CANDIDATES if added else Notice.CANDIDATES,
        request=Notice.ADDED_REQUEST if added else Notice.REQUEST,
        arrives_by=_open_day(_after(captured_on, whole(row["arrives_month"]), whole(row["arrives_day"]))),
        due_on=_open_day(_after(captured_on, whole(due["due_month"]), whole(due["due_day"]))),
        starts_on=_after(captured_on, whole(row["start_month"]), 1),
        provisional=dated.provisional_on(captured_on) or dues.provisional_on(captured_on),
    )


def heeded_from(sent_on: date) -> date:
    """The first day of the month of the first pension payment that heeds a change sent on a day (異動通知)."""
    lead = whole(law_book()["special_stop_months"].on(sent_on))
    month = sent_on.year * 12 + sent_on.month + lead
    month += month % 2 == 0  # months from 0: January is even here, and pensions are paid in February, April …
    return date(month // 12, month % 12 + 1, 1)


def _after(captured_on: date, month: int, day: int) -> date:
    year = captured_on.year + (month <= captured_on.month)
    return date(year, month, min(day, monthrange(year, month)[1]))


def _open_day(day: date) -> date:
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day
