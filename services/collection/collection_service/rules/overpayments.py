"""過誤納: which payments are given back, and which debts of the same person they are used for first.

Arrays: payments, and debts, of one person; yen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, Yen, in_force, rule

ATTRIBUTED = "地方税法 第17条の4第3項（市町村の条例で地方税の例による）"
APPROPRIATED = "地方税法 第17条の2（市町村の条例で地方税の例による）"


class DebtKind(IntEnum):
    """債務の種類: what an overpayment can be used for; the order among them is a setting."""

    PREMIUM = 0
    """保険料"""
    FEE = 1
    """督促手数料"""
    LATE_CHARGE = 2
    """延滞金"""


class RefundLimitStart(IntEnum):
    """還付請求権の起算: the event after whose day the years of 時効 begin."""

    FOUND = 0
    """減額の日: the day on which it became too much"""
    PAID = 1
    """納付の日"""


@in_force("2008-04-01", law=ATTRIBUTED)
def newest_payments_first(*, left: Yen, paid_on: DayNumbers, overpaid: int) -> Yen:
    """過誤納の納付: what of each payment is given back when `overpaid` yen are too much: the last payment first, and back from it.

    `left`: of each payment, yen that nothing was given back of yet; of payments of one day, the later in the array is the later one.
    Never more than `left`; where all of it is less than `overpaid`, all of it.
    """
    order = np.lexsort((np.arange(len(left)), paid_on))[::-1]
    return _in_turn(left, order, overpaid)


@in_force("2008-04-01", law=APPROPRIATED)
def oldest_debts_first(
    *, unpaid: Yen, due_on: DayNumbers, kind: npt.NDArray[np.int8], kinds_in_order: Sequence[DebtKind], amount: int
) -> Yen:
    """充当の順序: what of `amount` yen is used for each debt: the oldest due day first, of one day by the kind of the debt.

    Never more than `unpaid`. ValueError for a kind that stands not in `kinds_in_order`.
    """
    rank = {each: place for place, each in enumerate(kinds_in_order)}
    if strange := set(kind.tolist()) - rank.keys():
        raise ValueError(f"The order says nothing of debts of the kinds {sorted(strange)}.")
    order = np.lexsort((np.arange(len(unpaid)), np.array([rank[DebtKind(each)] for each in kind], np.int64), due_on))
    return _in_turn(unpaid, order, amount)


payments_given_back = rule("payments_given_back", newest_payments_first)
debts_appropriated = rule("debts_appropriated", oldest_debts_first)


def _in_turn(room: Yen, order: npt.NDArray[np.int64], amount: int) -> Yen:
    """`amount` poured into rooms in an order, each filled before the next."""
    before = np.cumsum(room[order]) - room[order]
    found = np.zeros(len(room), np.int64)
    found[order] = np.clip(amount - before, 0, room[order])
    return found


def appropriated_as_of(*, due_on: date, arose_on: date) -> date:
    """充当適状日: the later of the due day and the day on which it was too much; the law takes the debt as paid on it.

    Law: 地方税法 第17条の2第4項.
    """
    return max(due_on, arose_on)
