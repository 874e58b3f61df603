"""滞納による措置の手順: from a year of arrears to the status certificate, today to 特別療養費, and out of it again.

Notice with the chance to explain (弁明の機会) → explanation or silence → decision of the union (a second officer) → return of the card
→ issue at the window. Payment, in part too, and special circumstances (特別の事情) end it at any step. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from chassis.process import DeadlinePassed, Decision, OutOfTurn
from pydantic import BaseModel

from eligibility_service.rules.arrears import Remedy
from eligibility_service.rules.periods import has_lasted

EXPLANATION, RETURN, EXPIRY = "explanation", "return", "expiry"
_A_DAY: Final = timedelta(days=1)
"""A deadline passes on the day after the last day that somebody has."""


class Step(StrEnum):
    """段階."""

    WATCHED = "watched"
    NOTICED = "noticed"
    TO_DECIDE = "to_decide"
    APPROVED = "approved"
    RETURNED = "returned"
    ISSUED = "issued"
    SPECIAL_MEDICAL = "special_medical"
    STOPPED = "stopped"


STEP_TERMS: Final = {
    Step.WATCHED: "滞納（1年未満）",
    Step.NOTICED: "弁明の期間中",
    Step.TO_DECIDE: "決定待ち",
    Step.APPROVED: "承認済（証の返還待ち）",
    Step.RETURNED: "資格証明書を交付できる",
    Step.ISSUED: "資格証明書を交付済",
    Step.SPECIAL_MEDICAL: "特別療養費の対象",
    Step.STOPPED: "終了",
}


class Ending(StrEnum):
    """終了の理由."""

    PAID = "paid"
    PARTLY_PAID = "partly_paid"
    SPECIAL_CIRCUMSTANCES = "special_circumstances"
    DECLINED = "declined"


ENDING_TERMS: Final = {
    Ending.PAID: "完納",
    Ending.PARTLY_PAID: "一部納付",
    Ending.SPECIAL_CIRCUMSTANCES: "特別の事情",
    Ending.DECLINED: "広域連合が措置を行わないと決定",
}


class Arrears(BaseModel):
    """Where the steps of one insured person stand; `short_term` is whether the union has decided on a short-term card."""

    insured_id: UUID
    step: Step = Step.WATCHED
    municipality_code: str = ""
    resident_number: str = ""
    unpaid_amount: int = 0
    oldest_due_on: date | None = None
    last_paid_on: date | None = None
    reported_on: date | None = None
    noticed_on: date | None = None
    explain_by: date | None = None
    explanation: str = ""
    remedy: Remedy | None = None
    approval_id: UUID | None = None
    decided_on: date | None = None
    return_by: date | None = None
    return_overdue: bool = False
    short_term: bool = False
    ended_on: date | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class ArrearsHeard:
    """A report of arrears, with what the law and the union say on its day: months until long, last day for an explanation, remedy."""

    on: date
    municipality_code: str
    resident_number: str
    unpaid_amount: int
    oldest_due_on: date | None
    last_paid_on: date | None
    months: int
    explain_by: date
    remedy: Remedy


@dataclass(frozen=True, slots=True)
class Explained:
    """弁明: what the person says; `is_special` where the union accepts special circumstances."""

    on: date
    text: str
    is_special: bool


@dataclass(frozen=True, slots=True)
class Approved:
    """The union has decided on the remedy that the law gives on `on`; `return_by`: the last day for giving the card
    back; `card_ends_on`: the last day on which it is valid, after which it counts as given back."""

    on: date
    approval_id: UUID
    remedy: Remedy
    return_by: date | None
    card_ends_on: date | None


@dataclass(frozen=True, slots=True)
class Declined:
    """The union has decided against it."""

    on: date


@dataclass(frozen=True, slots=True)
class ShortTermApproved:
    """The union has decided on a short-term card."""

    on: date


@dataclass(frozen=True, slots=True)
class CardReturned:
    """The card was given back."""

    on: date


@dataclass(frozen=True, slots=True)
class StatusIssued:
    """The status certificate was handed over."""

    on: date


class ArrearsSteps:
    """The process manager; its key is the insured person."""

    name = "arrears"
    model = Arrears

    def begin(self, key: str) -> Arrears:
        return Arrears(insured_id=UUID(key))

    def decide(self, state: Arrears, event: Any) -> Decision[Arrears]:
        match state.step, event:
            case _, ArrearsHeard():
                return _heard(state, event)
            case ((Step.NOTICED | Step.TO_DECIDE | Step.APPROVED | Step.RETURNED | Step.ISSUED | Step.SPECIAL_MEDICAL), Explained()):
                if event.is_special:
                    return _ended(_with(state, explanation=event.text), event.on, Ending.SPECIAL_CIRCUMSTANCES)
                if state.step is Step.NOTICED:
                    return Decision(_with(state, step=Step.TO_DECIDE, explanation=event.text)).lifting(EXPLANATION)
                return Decision(_with(state, explanation=event.text))
            case Step.NOTICED, DeadlinePassed(name="explanation"):
                return Decision(_with(state, step=Step.TO_DECIDE))
            case Step.TO_DECIDE, Approved():
                return _approved(state, event)
            case Step.TO_DECIDE, Declined():
                return _ended(state, event.on, Ending.DECLINED)
            case Step.APPROVED, CardReturned():
                return Decision(_with(state, step=Step.RETURNED, return_overdue=False)).lifting(RETURN, EXPIRY)
            case Step.APPROVED, DeadlinePassed(name="return"):
                return Decision(_with(state, return_overdue=True))
            case Step.APPROVED, DeadlinePassed(name="expiry"):
                return Decision(_with(state, step=Step.RETURNED, return_overdue=False)).lifting(RETURN)
            case Step.RETURNED, StatusIssued():
                return Decision(_with(state, step=Step.ISSUED))
            case ((Step.WATCHED | Step.NOTICED | Step.TO_DECIDE), ShortTermApproved()):
                return Decision(_with(state, short_term=True))
        raise OutOfTurn(f"{state.step} does not know {type(event).__name__}")


def _heard(state: Arrears, event: ArrearsHeard) -> Decision[Arrears]:
    if state.reported_on is not None and event.on < state.reported_on:
        return Decision(state)  # a newer report is known
    known = _with(
        state,
        municipality_code=event.municipality_code,
        resident_number=event.resident_number,
        unpaid_amount=event.unpaid_amount,
        oldest_due_on=event.oldest_due_on,
        last_paid_on=event.last_paid_on,
        reported_on=event.on,
    )
    if event.unpaid_amount == 0:
        return _ended(known, event.on, Ending.PAID)
    if state.step not in (Step.WATCHED, Step.STOPPED):
        paid_since = event.last_paid_on is not None and state.noticed_on is not None and event.last_paid_on >= state.noticed_on
        return _ended(known, event.on, Ending.PARTLY_PAID) if paid_since else Decision(known)
    paid_again = state.ended_on is not None and event.last_paid_on is not None and event.last_paid_on > state.ended_on
    if paid_again or not has_lasted(event.oldest_due_on, on=event.on, months=event.months):
        return Decision(known)
    noticed = Arrears(
        **known.model_dump(
            include={"insured_id", "municipality_code", "resident_number", "unpaid_amount", "oldest_due_on", "last_paid_on"}
        ),
        reported_on=event.on,
        short_term=known.short_term,
        step=Step.NOTICED,
        noticed_on=event.on,
        explain_by=event.explain_by,
        remedy=event.remedy,
    )
    return Decision(noticed).until(EXPLANATION, event.explain_by + _A_DAY)


def _approved(state: Arrears, event: Approved) -> Decision[Arrears]:
    decided = _with(state, approval_id=event.approval_id, decided_on=event.on, remedy=event.remedy)
    if event.remedy is Remedy.SPECIAL_MEDICAL:
        return Decision(_with(decided, step=Step.SPECIAL_MEDICAL))
    if event.card_ends_on is None or event.return_by is None:  # there is no card in force that could be given back
        return Decision(_with(decided, step=Step.RETURNED))
    waiting = _with(decided, step=Step.APPROVED, return_by=event.return_by)
    return Decision(waiting).until(RETURN, event.return_by + _A_DAY).until(EXPIRY, event.card_ends_on + _A_DAY)


def _ended(state: Arrears, on: date, ending: Ending) -> Decision[Arrears]:
    ended = _with(state, step=Step.STOPPED, ended_on=on, ending=ending, return_overdue=False)
    if ending is Ending.PAID:
        ended = _with(ended, short_term=False)
    return Decision(ended).lifting(EXPLANATION, RETURN, EXPIRY)


def _with(state: Arrears, **changes: Any) -> Arrears:
    return state.model_copy(update=changes)
