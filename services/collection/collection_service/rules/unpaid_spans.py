"""未納の期間: from an instalment, its payments and its deferrals to the spans of days in which the same amount was unpaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from chassis.law import day_number

from collection_service.rules.late_charge import Spans, months_from_the_day_after

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Debt:
    """An instalment as it stands: due day, yen charged, its `payments` (day, yen) and `deferrals` (first and last day, both counted)."""

    due_on: date
    amount: int
    payments: tuple[tuple[date, int], ...] = ()
    deferrals: tuple[tuple[date, date], ...] = ()


def spans_of(debts: Sequence[Debt], *, until: date, low_months: int) -> Spans:
    """The spans of the debts in order, from the day after each due day to the day of the last payment, or `until` where some is unpaid.

    The day of a payment still counts with what was unpaid before it (一部納付は納付の日の翌日以後の期間から控除), and what is paid after
    `until` is not known yet. Each debt has at least one row: one without days where nothing was unpaid after the due day.
    Law: 市町村の後期高齢者医療に関する条例（延滞金、一部納付）. ValueError for a payment of nothing or less.
    """
    rows = [(number, debt, *span) for number, debt in enumerate(debts) for span in _spans(debt, until)]
    due = np.array([day_number(debt.due_on) for _, debt, *_ in rows], np.int32)
    return Spans(
        debt=np.array([number for number, *_ in rows], np.int64),
        unpaid=np.array([unpaid for *_, unpaid, _, _, _ in rows], np.int64),
        first=np.array([day_number(first) for *_, first, _, _ in rows], np.int32),
        last=np.array([day_number(last) for *_, last, _ in rows], np.int32),
        low_last=months_from_the_day_after(due_on=due, months=low_months),
        is_deferred=np.array([deferred for *_, deferred in rows], np.bool_),
    )


def _spans(debt: Debt, until: date) -> list[tuple[int, date, date, bool]]:
    """(unpaid, first, last, is deferred) of one debt."""
    found: list[tuple[int, date, date, bool]] = []
    unpaid, first = debt.amount, debt.due_on + DAY
    for paid_on, amount in sorted(payment for payment in debt.payments if payment[0] <= until):
        if amount <= 0:
            raise ValueError(f"A payment of {amount} yen on {paid_on}: a payment is more than nothing.")
        found += _cut(debt, max(unpaid, 0), first, paid_on)
        unpaid, first = unpaid - amount, max(first, paid_on + DAY)
    if unpaid > 0:
        found += _cut(debt, unpaid, first, until)
    return found or [(0, first, first - DAY, False)]


def _cut(debt: Debt, unpaid: int, first: date, last: date) -> list[tuple[int, date, date, bool]]:
    """The days `first` to `last` cut where a deferral begins or ends; nothing where there are no days or nothing is unpaid."""
    if last < first or unpaid == 0:
        return []
    turns = {day for begin, end in debt.deferrals for day in (begin, end + DAY) if first < day <= last}
    starts = sorted({first, *turns})
    ends = [*(start - DAY for start in starts[1:]), last]
    return [
        (unpaid, start, end, any(begin <= start <= closing for begin, closing in debt.deferrals))
        for start, end in zip(starts, ends, strict=True)
    ]
