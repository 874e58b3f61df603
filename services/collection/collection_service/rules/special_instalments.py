"""特別徴収の期割: the six payments of a year that are taken from a pension: April, June, August (仮徴収), October, December, February.

Arrays: `n` people in rows; three columns for the provisional payments, three for the final ones, six for the year; yen as int64.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from chassis.law import FiscalYear, Yen, in_force, round_down, rule

from collection_service.rules.due_days import IsClosed
from collection_service.rules.instalments import remainder_in_the_first

Flags = npt.NDArray[np.bool_]

PROVISIONAL_MONTHS, FINAL_MONTHS = (4, 6, 8), (10, 12, 2)
MONTHS = PROVISIONAL_MONTHS + FINAL_MONTHS
LAW = "高齢者の医療の確保に関する法律 第110条（介護保険法 第134条以下の準用）"
PROVISIONAL = f"{LAW}; 介護保険法 第140条（仮徴収）"


class Levelling(StrEnum):
    """平準化: not at all; in August alone; or in June and August alike."""

    NONE = "none"
    AUGUST = "august"
    JUNE_AND_AUGUST = "june_and_august"


@in_force("2008-04-01", law=PROVISIONAL)
def as_in_february(*, february: Yen, expected_year: Yen, was_special: Flags, is_open: Flags, unit: int) -> Yen:
    """仮徴収額: in April, June and August as much as in the February before; who begins takes a sixth of the year that is expected.

    `february`: what was taken in February, of who `was_special` then; `expected_year`: the premium expected for the new year, its
    sixth floored to `unit`; `is_open` (n × 3): the payments that are collected from. Returns n × 3.
    """
    sixth = round_down(expected_year // 6, to=unit, law=PROVISIONAL)
    each = np.where(was_special, february, sixth)
    return np.where(is_open, each[:, None], 0)


provisional_payments = rule("special_provisional_payments", as_in_february)


@in_force("2008-04-01", law=f"{PROVISIONAL}; 仮徴収額の変更は市町村の運用（平準化）")
def half_the_year_until_august(*, provisional: Yen, expected_year: Yen, is_levelled: Flags, levelling: Levelling, unit: int) -> Yen:
    """平準化後の仮徴収額: June and August, or August alone, so that half of the expected year is taken until August.

    Floored to `unit`, none below zero: where more than half stands before, nothing is taken. Who begins later than April has nothing to
    level. `provisional` and the result n × 3.
    """
    left = expected_year // 2 - provisional[:, 0]
    if levelling is Levelling.AUGUST:
        later = np.stack([provisional[:, 1], _floored(left - provisional[:, 1], unit)], axis=1)
    elif levelling is Levelling.JUNE_AND_AUGUST:
        later = np.repeat(_floored(left // 2, unit)[:, None], 2, axis=1)
    else:
        later = provisional[:, 1:]
    levelled = np.concatenate([provisional[:, :1], later], axis=1)
    return np.where((is_levelled & (provisional > 0).all(axis=1))[:, None], levelled, provisional)


def _floored(amount: Yen, unit: int) -> Yen:
    return np.maximum(round_down(amount, to=unit, law=PROVISIONAL), 0)


level = rule("special_levelling", half_the_year_until_august)


@dataclass(frozen=True, slots=True)
class FinalPayments:
    """`payments` n × 3; `overtaken` (n): yen by which more was taken or charged before than the whole year owes."""

    payments: Yen
    overtaken: Yen


@in_force("2008-04-01", law=f"{LAW}（100円未満の端数は10月に合算）")
def rest_with_the_surplus_in_october(*, annual_amount: Yen, before: Yen, is_open: Flags, unit: int) -> FinalPayments:
    """本徴収額: what is left of the year divided over October, December and February; below `unit` it stands in the first of them.

    `before`: what was taken provisionally and what was charged ordinarily (of who begins in October). `is_open` (n × 3): the payments
    that are collected from, at least one wherever something is left. before + payments − overtaken is the annual amount.
    """
    rest = annual_amount - before
    payments = remainder_in_the_first(amount=np.maximum(rest, 0), is_open=is_open, unit=unit)
    return FinalPayments(payments, np.maximum(-rest, 0))


final_payments = rule("special_final_payments", rest_with_the_surplus_in_october)


@dataclass(frozen=True, slots=True)
class SpecialChanged:
    """After a change of the year's premium: what is still taken from the pension (n × 6), what is collected ordinarily (n), what was
    taken too much (n), and for whom special collection stops (n). payments + ordinary − overtaken is the annual amount."""

    payments: Yen
    ordinary: Yen
    overtaken: Yen
    stops: Flags


@in_force("2008-04-01", law=f"{LAW}; 介護保険法 第138条（特別徴収の中止）")
def more_is_ordinary_and_less_stops(*, annual_amount: Yen, payments: Yen, is_taken: Flags, ordinary: Yen) -> SpecialChanged:
    """増額・減額後の徴収: a request once sent cannot be changed, so that more than requested is collected ordinarily, and less stops it.

    `payments` n × 6 as requested; `is_taken` n × 6: taken already, or too near to be stopped; `ordinary`: what is charged ordinarily
    besides. Where the year is less, nothing more is taken; what is left of it is ordinary, and what was taken beyond it is overtaken.
    """
    requested = payments.sum(axis=1) + ordinary
    stops = annual_amount < requested
    left = np.where(stops[:, None] & ~is_taken, 0, payments)
    rest = annual_amount - left.sum(axis=1)
    return SpecialChanged(left, np.maximum(rest, 0), np.maximum(-rest, 0), stops)


change_special = rule("special_payments_after_a_change", more_is_ordinary_and_less_stops)


@in_force("2008-04-01", law="国民年金法 第18条、厚生年金保険法 第36条（年金の支払期月）")
def day_or_the_open_one_before(*, year: int, month: int, day: int, is_closed: IsClosed) -> date:
    """年金支給日: the day named of an even month; from a day on which banks are closed back to the open one before."""
    paid = date(year, month, day)
    while is_closed(paid):
        paid -= timedelta(days=1)
    return paid


pension_day = rule("pension_day", day_or_the_open_one_before)


def pension_days(fiscal_year: FiscalYear, day: int, is_closed: IsClosed) -> tuple[date, ...]:
    """The six days of a fiscal year on which pensions are paid, and premiums taken from them: April to February."""
    find = pension_day.on(fiscal_year.start)
    return tuple(find(year=fiscal_year.year + (month < 4), month=month, day=day, is_closed=is_closed) for month in MONTHS)
