"""滞納: what is overdue on a day, and the late charge on it. Pure: no database, no clock.

One claim (債権) is one instalment of one insured person with what was paid of it and until when it was deferred.
"""

from __future__ import annotations

from calendar import isleap
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from chassis.law import day_of

from collection_service.law.late_charge import LateChargeLaw, late_charge_law
from collection_service.rules.late_charge import late_charges
from collection_service.rules.unpaid_spans import Debt, spans_of

DAY = timedelta(days=1)
ClaimKey = tuple[UUID, int, int]
"""Insured person, fiscal year, number of the instalment."""


@dataclass(frozen=True, slots=True)
class Claim:
    """債権: an instalment as charged, in yen; `payments` (day, yen) in the order of time; `deferred_until`: 徴収猶予 from the due day on.

    `fee`: 督促手数料 of its demand; `fee_paid`, `late_paid`: what was paid of the fee and as a late charge.
    """

    insured_id: UUID
    fiscal_year: int
    number: int
    municipality_code: str
    resident_number: str
    month: int
    due_on: date
    charged: int
    written_off: int
    payments: tuple[tuple[date, int], ...] = ()
    deferred_until: date | None = None
    fee: int = 0
    fee_paid: int = 0
    late_paid: int = 0

    @property
    def key(self) -> ClaimKey:
        return self.insured_id, self.fiscal_year, self.number

    def unpaid_on(self, day: date) -> int:
        """未納額: what is left of the premium at the end of a day; what was written off is owed no more."""
        return max(0, self.charged - self.written_off - sum(amount for paid_on, amount in self.payments if paid_on <= day))

    def is_deferred_on(self, day: date) -> bool:
        """Whether the instalment is deferred on a day: it is not in arrears then, nor is anybody called upon to pay it."""
        return self.deferred_until is not None and day <= self.deferred_until

    def last_paid_on(self, day: date) -> date | None:
        """The last day up to `day` on which anything was paid of it."""
        return max((paid_on for paid_on, _ in self.payments if paid_on <= day), default=None)

    @property
    def debt(self) -> Debt:
        """As the late charge counts it: the days after the due day up to the end of a deferral are deferred (P-11)."""
        deferred = self.deferred_until
        deferrals = ((self.due_on + DAY, deferred),) if deferred is not None and deferred > self.due_on else ()
        return Debt(self.due_on, self.charged - self.written_off, self.payments, deferrals)


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """未納の期間 as it was counted: days (both counted) with the same amount unpaid, the base in yen, and the last day of the low rate."""

    first: date
    last: date
    unpaid: int
    base: int
    low_until: date
    is_deferred: bool


@dataclass(frozen=True, slots=True)
class LateCharge:
    """延滞金 of one debt on a day: yen before (`exact`) and after the last rounding, and every span that it was counted from."""

    exact: int
    amount: int
    spans: tuple[CountedSpan, ...]
    law: LateChargeLaw


@dataclass(frozen=True, slots=True)
class Overdue:
    """納期限を過ぎた期別: yen unpaid on a day, days since the due day, and the late charge up to that day."""

    claim: Claim
    unpaid: int
    days: int
    is_deferred: bool
    late_charge: LateCharge

    @property
    def late_charge_left(self) -> int:
        return max(0, self.late_charge.amount - self.claim.late_paid)

    @property
    def fee_left(self) -> int:
        return max(0, self.claim.fee - self.claim.fee_paid)

    @property
    def owed(self) -> int:
        """Premium, fee of the demand, and late charge: all that would have to be paid on this day."""
        return self.unpaid + self.fee_left + self.late_charge_left


def overdue(claims: Sequence[Claim], *, on: date, confirmed: frozenset[str] = frozenset()) -> list[Overdue]:
    """What is owed on a day of claims that fell due before it, in the order of the claims; nothing of a claim of which nothing is owed.

    A claim that was paid in full, but late, is here while its fee or its late charge is not paid. `confirmed`: provisional parameters
    that a named officer has confirmed.
    """
    due = [claim for claim in claims if claim.due_on < on]
    charges = late_charges_on([(claim.municipality_code, claim.debt) for claim in due], until=on, confirmed=confirmed)
    found = [
        Overdue(claim, claim.unpaid_on(on), (on - claim.due_on).days, claim.is_deferred_on(on), charge)
        for claim, charge in zip(due, charges, strict=True)
    ]
    return [each for each in found if each.owed]


def late_charges_on(debts: Sequence[tuple[str, Debt]], *, until: date, confirmed: frozenset[str] = frozenset()) -> list[LateCharge]:
    """延滞金 up to and with a day, in order: each debt by the ordinance of its municipality (code) as on its due day."""
    groups: dict[tuple[str, date], list[int]] = defaultdict(list)
    for index, (municipality_code, debt) in enumerate(debts):
        groups[municipality_code, debt.due_on].append(index)
    found: dict[int, LateCharge] = {}
    for (municipality_code, due_on), indices in groups.items():
        found_law = late_charge_law(municipality_code, due_on=due_on, until=until)
        law = replace(found_law, provisional=tuple(name for name in found_law.provisional if name not in confirmed))
        charged = counted([debts[index][1] for index in indices], law, until=until)
        found.update(zip(indices, charged, strict=True))
    return [found[index] for index in range(len(debts))]


def counted(debts: Sequence[Debt], law: LateChargeLaw, *, until: date) -> list[LateCharge]:
    """The late charges of debts under one law, in order."""
    spans = spans_of(debts, until=until, low_months=law.low_months)
    result = late_charges.on(until)(spans=spans, terms=law.terms)
    of_debt: dict[int, list[CountedSpan]] = defaultdict(list)
    amounts: dict[int, tuple[int, int]] = {}
    columns = (
        spans.debt,
        spans.first,
        spans.last,
        spans.unpaid,
        result.base,
        spans.low_last,
        spans.is_deferred,
        result.exact,
        result.amount,
    )
    for debt, first, last, unpaid, base, low_last, is_deferred, exact, amount in zip(*(each.tolist() for each in columns), strict=True):
        amounts[debt] = (exact, amount)
        if last >= first:
            of_debt[debt].append(CountedSpan(_day(first), _day(last), unpaid, base, _day(low_last), is_deferred))
    return [LateCharge(*amounts[number], tuple(of_debt[number]), law) for number in range(len(debts))]


def years_in_arrears(due_on: date, on: date) -> int:
    """滞納年数: whole years that have passed since the due day; a year has passed on the day after its anniversary."""
    leap_day_in_another_year = (due_on.month, due_on.day) == (2, 29) and not isleap(on.year)
    anniversary = date(on.year, 2, 28) if leap_day_in_another_year else due_on.replace(year=on.year)
    return max(0, on.year - due_on.year - (on <= anniversary))


def _day(number: int) -> date:
    found = day_of(number)
    assert found is not None
    return found
