"""納付誓約: a plan of days and yen for instalments; kept, running or broken by what was paid since. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from collection_service.domain.arrears import Claim, ClaimKey


class PromiseState(StrEnum):
    """誓約の状態; `recognised`: the debt is recognised without a plan (債務の承認)."""

    RECOGNISED = "recognised"
    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


STATE_TERMS: Final = {
    PromiseState.RECOGNISED: "債務の承認",
    PromiseState.RUNNING: "履行中",
    PromiseState.KEPT: "完納",
    PromiseState.BROKEN: "不履行",
    PromiseState.WITHDRAWN: "取下げ",
}


@dataclass(frozen=True, slots=True)
class PlannedPayment:
    """One day of a plan: by when, and how many yen."""

    due_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Plan:
    """誓約の計画: what each instalment owed when it was promised (yen), the day, and the payments in the order of time."""

    promised_on: date
    unpaid: dict[ClaimKey, int]
    payments: tuple[PlannedPayment, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """履行の状況 on a day, yen: what should have been paid by then, what was, and what that makes of the promise."""

    due: int
    paid: int
    state: PromiseState


def faults_of_plan(unpaid: int, payments: Sequence[PlannedPayment], *, today: date, most_months: int = 24) -> list[str]:
    """What is wrong with a plan, in Japanese: it pays the whole sum, day after day, from today on and before the right could be lost."""
    found = []
    days = [payment.due_on for payment in payments]
    if days != sorted(set(days)):
        found.append("納める日は、早い順に、重なりなく並べてください。")
    if days and days[0] < today:
        found.append("納める日は、今日からの日にしてください。")
    if days and (days[-1].year - today.year) * 12 + days[-1].month - today.month >= most_months:
        found.append(f"納める期間は、{most_months}か月より短くしてください。")
    if (total := sum(payment.amount for payment in payments)) != unpaid:
        found.append(f"分割の合計{total:,}円が、未納額{unpaid:,}円と違います。")
    return found


def progress(plan: Plan, claims: Sequence[Claim], *, on: date) -> Progress:
    """How a plan stands at the end of a day. Paid is what the promised instalments owe less than they did; who has paid all has kept it.

    It is broken when the day of a payment has passed and less was paid than all payments up to it; money paid early counts.
    """
    now = {claim.key: claim.unpaid_on(on) for claim in claims}
    left = sum(min(now.get(key, 0), owed) for key, owed in plan.unpaid.items())
    paid = sum(plan.unpaid.values()) - left
    due = sum(payment.amount for payment in plan.payments if payment.due_on < on)
    if left == 0:
        return Progress(due, paid, PromiseState.KEPT)
    return Progress(due, paid, PromiseState.BROKEN if paid < due else PromiseState.RUNNING)
