"""過誤納の処理: what is done with what a person paid too much. Pure: the facts and the day come from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import numpy as np
from chassis.law import DayNumbers, Yen, day_number

from collection_service.domain.refunds import FROM_PENSION, Debt, Decided, Occasion, Overpayment, Part, Payment, RefundKind, Use
from collection_service.law.late_charge import RefundAdditionLaw
from collection_service.law.limitation import LimitationLaw
from collection_service.law.refunds import RefundLaw
from collection_service.rules.limitation import limitation
from collection_service.rules.overpayments import RefundLimitStart, appropriated_as_of, debts_appropriated, payments_given_back
from collection_service.rules.refund_addition import RefundGround, refund_additions


def parts_of(found: Overpayment, law: RefundLaw, limits: LimitationLaw, *, today: date) -> list[Part]:
    """Of which payments the overpayment consists: those that were too much at once, then, for each lowering, the last payments first.

    What can be claimed no more on `today` is a special refund where the union has a rule for it, else extinct; what was taken from a
    pension after a death goes back to the pension payer.
    """
    made: list[Part] = []
    direct = [payment for payment in found.payments if payment.is_direct]
    undecided = found.overpaid
    for payment, amount in _given_back(direct, undecided):
        undecided -= amount
        made.append(_part(payment, amount, RefundGround.PAID_IN_ERROR, payment.paid_on, found, law, limits, today))
    settled = [payment for payment in found.payments if not payment.is_direct]
    for lowering in reversed(found.lowerings):
        for payment, amount in _given_back(settled, min(undecided, lowering.amount)):
            undecided -= amount
            settled = [_less(each, amount) if each.entry_id == payment.entry_id else each for each in settled]
            made.append(_part(payment, amount, RefundGround.LOWERED, lowering.found_on, found, law, limits, today))
    if undecided:
        raise ValueError(f"{undecided} yen are overpaid that no payment and no lowering explains.")
    return made


def decide(
    found: Overpayment,
    parts: Sequence[Part],
    kind: RefundKind,
    law: RefundLaw,
    addition: RefundAdditionLaw,
    *,
    today: date,
    corrected_on: date | None = None,
) -> list[Decided]:
    """What is done with the parts of a kind: a refund uses them for overdue debts first, the oldest first, and gives back what is left.

    還付加算金 counts to `today`, for what is used and for what is given back alike, and is paid out. `corrected_on`: the day on which an
    income was corrected, where that is why the premium was lowered. Nothing where there are no such parts.
    """
    of_kind = [part for part in parts if part.kind is kind]
    if not of_kind:
        return []
    if kind is not RefundKind.REFUND:
        return [Decided(kind, [(part, part.amount) for part in of_kind], provisional=frozenset(law.provisional))]
    provisional = frozenset((*law.provisional, *addition.provisional))
    used, uses = _used(of_kind, found.debts, law)
    appropriated = [(part, int(yen)) for part, yen in zip(of_kind, used, strict=True) if yen]
    refunded = [(part, part.amount - int(yen)) for part, yen in zip(of_kind, used, strict=True) if part.amount > yen]
    added = int(_additions(of_kind, addition, today, corrected_on).sum())
    made = [Decided(RefundKind.APPROPRIATION, appropriated, uses, provisional=provisional)] if appropriated else []
    if refunded or added:
        made.append(Decided(RefundKind.REFUND, refunded, refund_addition=added, provisional=provisional))
    return made


def limit_of(start: date, limits: LimitationLaw) -> date | None:
    """The first day on which a refund can be claimed no more, when the years begin after the day `start`."""
    return limitation.on(start)(due_on=start, happened=(), effects=limits.effects, years=limits.years).completes_on


def _part(
    payment: Payment,
    amount: int,
    ground: RefundGround,
    arose_on: date,
    found: Overpayment,
    law: RefundLaw,
    limits: LimitationLaw,
    today: date,
) -> Part:
    start = arose_on if law.limit_starts[ground] is RefundLimitStart.FOUND else payment.paid_on
    limit_on = limit_of(start, limits)
    kind = RefundKind.REFUND
    if limit_on is not None and limit_on <= today:
        kind = RefundKind.SPECIAL_REFUND if law.special_basis else RefundKind.EXTINCTION
    elif found.has_died and payment.source == FROM_PENSION and found.lost_on is not None and payment.paid_on >= found.lost_on:
        kind = RefundKind.PENSION_RETURN
    return Part(payment, amount, ground, _occasion(ground, found), arose_on, limit_on, kind)


def _occasion(ground: RefundGround, found: Overpayment) -> Occasion:
    if ground is RefundGround.PAID_IN_ERROR:
        return Occasion.PAID_TOO_MUCH
    if found.has_died:
        return Occasion.DIED
    return Occasion.LOST if found.lost_on is not None else Occasion.LOWERED


def _given_back(payments: Sequence[Payment], amount: int) -> list[tuple[Payment, int]]:
    """The payments of which something is given back, the newest first."""
    if not payments or not amount:
        return []
    days = _days([payment.paid_on for payment in payments])
    left = np.array([payment.left for payment in payments], np.int64)
    taken = payments_given_back.on(payments[0].paid_on)(left=left, paid_on=days, overpaid=amount)
    found = [(payment, int(yen)) for payment, yen in zip(payments, taken, strict=True) if yen]
    newest = found[::-1]
    return sorted(newest, key=lambda each: each[0].paid_on, reverse=True)


def _less(payment: Payment, amount: int) -> Payment:
    return Payment(payment.entry_id, payment.paid_on, payment.source, payment.left - amount, payment.is_direct)


def _used(parts: Sequence[Part], debts: Sequence[Debt], law: RefundLaw) -> tuple[Yen, list[Use]]:
    """How much of each part is used, the first part first, and for which debts."""
    amounts = np.array([part.amount for part in parts], np.int64)
    if not debts:
        return np.zeros(len(parts), np.int64), []
    covered = debts_appropriated.on(debts[0].due_on)(
        unpaid=np.array([debt.unpaid for debt in debts], np.int64),
        due_on=_days([debt.due_on for debt in debts]),
        kind=np.array([debt.kind for debt in debts], np.int8),
        kinds_in_order=law.order,
        amount=int(amounts.sum()),
    )
    used = np.clip(int(covered.sum()) - (np.cumsum(amounts) - amounts), 0, amounts)
    arose_on = max(part.arose_on for part, yen in zip(parts, used, strict=True) if yen)
    uses = [
        Use(debt, int(yen), appropriated_as_of(due_on=debt.due_on, arose_on=arose_on))
        for debt, yen in zip(debts, covered, strict=True)
        if yen
    ]
    return used, uses


def _additions(parts: Sequence[Part], addition: RefundAdditionLaw, today: date, corrected_on: date | None) -> Yen:
    """還付加算金 of each payment, whatever of it is used and whatever given back."""
    yen: dict[tuple[UUID, date, RefundGround], int] = defaultdict(int)
    for part in parts:
        corrected = corrected_on is not None and part.ground is RefundGround.LOWERED
        ground = RefundGround.INCOME_CORRECTED if corrected else part.ground
        yen[part.payment.entry_id, part.payment.paid_on, ground] += part.amount
    paid_on = _days([day for _, day, _ in yen])
    return refund_additions.on(today)(
        overpaid=np.array(list(yen.values()), np.int64),
        ground=np.array([ground for _, _, ground in yen], np.int8),
        paid_on=paid_on,
        corrected_on=paid_on if corrected_on is None else _days([corrected_on] * len(yen)),
        decided_on=_days([today] * len(yen)),
        terms=addition.terms,
    ).amount


def _days(days: Sequence[date]) -> DayNumbers:
    return np.array([day_number(day) for day in days], np.int32)
