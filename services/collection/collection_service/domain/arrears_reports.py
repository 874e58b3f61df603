"""滞納情報: what is said of an insured person's arrears, and when it is news. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collection_service.domain.arrears import Claim, years_in_arrears


@dataclass(frozen=True, slots=True)
class ArrearsState:
    """滞納の状態 of an insured person: yen unpaid of what is due and not deferred, its oldest due day, and the last payment of anything."""

    unpaid_amount: int
    oldest_due_on: date | None
    last_paid_on: date | None


NOTHING = ArrearsState(0, None, None)


def state_of(claims: Sequence[Claim], *, on: date) -> ArrearsState:
    """The state on a day, of all instalments of one insured person. Deferred instalments are not in arrears (P-11)."""
    owing = [claim for claim in claims if claim.due_on < on and not claim.is_deferred_on(on) and claim.unpaid_on(on)]
    return ArrearsState(
        unpaid_amount=sum(claim.unpaid_on(on) for claim in owing),
        oldest_due_on=min((claim.due_on for claim in owing), default=None),
        last_paid_on=max((day for claim in claims if (day := claim.last_paid_on(on)) is not None), default=None),
    )


def is_news(now: ArrearsState, last: ArrearsState | None, *, on: date, said_on: date | None) -> bool:
    """Whether a state is to be said: it differs from what was said last, or since then the oldest debt has become a year older.

    Somebody of whom nothing was ever said and who owes nothing is no news. What follows from a year is for eligibility to judge.
    """
    if last is None or said_on is None:
        return now.unpaid_amount > 0
    if (now.unpaid_amount, now.oldest_due_on) != (last.unpaid_amount, last.oldest_due_on):
        return True
    if now.oldest_due_on is None:
        return False
    return now.last_paid_on != last.last_paid_on or years_in_arrears(now.oldest_due_on, on) > years_in_arrears(now.oldest_due_on, said_on)
