"""特別徴収の対象となる年金: of the pensions of a person, the one from which a premium may be taken; and from when it can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, Yen, in_force, rule

Flags = npt.NDArray[np.bool_]
Months = npt.NDArray[np.int64]
"""Year × 12 + month − 1."""

LAW = "高齢者の医療の確保に関する法律 第110条（介護保険法 第134条以下の準用）"


class PensionKind(IntEnum):
    """年金の種別, as far as the order between pensions goes by it."""

    OLD_AGE_BASIC = 0
    """老齢基礎年金"""
    OLD_NATIONAL = 1
    """旧国民年金の老齢年金"""
    OLD_EMPLOYEES = 2
    """旧厚生年金保険の老齢年金"""
    MUTUAL_AID_RETIREMENT = 3
    """共済の退職年金"""
    DISABILITY = 4
    """障害年金"""
    SURVIVOR = 5
    """遺族年金"""


@dataclass(frozen=True, slots=True)
class Pensions:
    """One row a pension. `person`: whose (0 to n − 1, in any order); `year_amount` yen a year; `is_paid`: not stopped (支給停止でない);
    `bears_care`: 介護保険料 is taken from it."""

    person: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    year_amount: Yen
    is_paid: Flags
    bears_care: Flags


@dataclass(frozen=True, slots=True)
class StartWindow:
    """開始月: who fulfils the conditions until this day of a year is first collected from in the next `start_month` after it."""

    until_month: int
    until_day: int
    start_month: int


@in_force("2008-04-01", law=f"{LAW}; 年金の優先順位は政令")
def care_pension_else_by_order(*, pensions: Pensions, people: int, smallest_pension: int, ranks: Sequence[int]) -> npt.NDArray[np.int64]:
    """対象年金: for each of `people` the row of the pension that counts, −1 where there is none.

    The pension that bears the care premium keeps it, whatever else begins. Without one: of those that are paid and reach
    `smallest_pension`, the first by `ranks` (by `PensionKind`), the larger of two alike; then one that does not reach it or is stopped,
    so that the reason can be told from it.
    """
    rank = np.array(ranks, np.int64)[pensions.kind]
    is_fit = pensions.is_paid & (pensions.year_amount >= smallest_pension)
    order = np.lexsort((-pensions.year_amount, rank, ~pensions.is_paid, ~is_fit, ~pensions.bears_care, pensions.person))
    owners = pensions.person[order]
    is_first = np.append(True, owners[1:] != owners[:-1])[: len(owners)]
    chosen = np.full(people, -1, np.int64)
    chosen[owners[is_first]] = order[is_first]
    return chosen


choose_pension = rule("pension_for_special_collection", care_pension_else_by_order)


@in_force("2008-04-01", law=LAW)
def start_after_the_window(*, since_on: DayNumbers, windows: Sequence[StartWindow]) -> Months:
    """特別徴収の開始月: the first month in which a premium can be taken from the pension of who fulfils the conditions since a day.

    `since_on`: acquisition, moving in, the pension paid again, or the request for bank transfer withdrawn. `windows` in the order of the
    year. The same windows hold for a resumption (再開).
    """
    zero = np.datetime64("2000-01-01", "D")
    days = zero + since_on.astype(np.int64)
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64) + 1970 * 12
    key = (month % 12 + 1) * 100 + (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    ends = np.array([window.until_month * 100 + window.until_day for window in windows], np.int64)
    if len(ends) == 0 or bool((np.diff(ends) <= 0).any()):
        raise ValueError("The windows of the start of special collection must stand in the order of the year.")
    found = np.searchsorted(ends, key)
    year = month // 12 + (found == len(ends))
    row = found % len(ends)
    start = np.array([window.start_month for window in windows], np.int64)[row]
    closes = np.array([window.until_month for window in windows], np.int64)[row]
    starts: Months = (year + (start <= closes)) * 12 + start - 1
    return starts


first_collected = rule("special_collection_start", start_after_the_window)
