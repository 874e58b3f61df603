"""所得待ち: an insured person whose premium cannot be decided because an income is being inquired or has not come.

Waiting is normal for some days; after that it stands on a person's worklist until the income comes. In the same way a decision waits for
a figure of the law that nobody has entered, and for the area of uneven rates in which the person lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.clock import derived_id
from chassis.process import DeadlinePassed, Decision, OutOfTurn
from contracts.events.premium import CaseClosed, CaseKind, CaseRaised
from pydantic import BaseModel

from premium_service.rules.columns import GAP, NO_AREA, PENDING

PATIENCE = timedelta(days=14)
"""How long an income may be awaited before somebody must look; our own choice, no law sets it."""


CASE_OF = {PENDING: CaseKind.INCOME_MISSING, GAP: CaseKind.RATE_MISSING, NO_AREA: CaseKind.RATE_AREA_MISSING}
"""Outcome of a refused row → what a person must look at."""


class Step(StrEnum):
    BEGUN = "begun"
    WAITING = "waiting"
    RAISED = "raised"
    ENDED = "ended"


class State(BaseModel):
    """Where one person's wait for one fiscal year stands."""

    step: Step = Step.BEGUN
    insured_id: UUID | None = None
    municipality_code: str = ""
    resident_number: str = ""
    fiscal_year: int = 0
    since: date | None = None
    kind: CaseKind = CaseKind.INCOME_MISSING


@dataclass(frozen=True)
class IncomeMissing:
    """A decision was refused because an income, or what else it rests on (`kind`), is not known."""

    insured_id: UUID
    municipality_code: str
    resident_number: str
    fiscal_year: int
    on: date
    kind: CaseKind = CaseKind.INCOME_MISSING


@dataclass(frozen=True)
class PremiumDecided:
    """The decision could be made."""

    on: date


@dataclass(frozen=True)
class NothingToDecide:
    """There is no premium to decide any more: the qualification was cancelled, or lies outside the fiscal year."""

    on: date


class IncomeAwaited:
    """The process manager; its key is `insured_id:fiscal_year`."""

    name = "income_awaited"
    model = State

    def begin(self, key: str) -> State:
        return State()

    def decide(self, state: State, event: object) -> Decision[State]:
        match state.step, event:
            case ((Step.BEGUN | Step.ENDED), IncomeMissing()):
                waiting = State(
                    step=Step.WAITING,
                    insured_id=event.insured_id,
                    municipality_code=event.municipality_code,
                    resident_number=event.resident_number,
                    fiscal_year=event.fiscal_year,
                    since=event.on,
                    kind=event.kind,
                )
                return Decision(waiting).until("patience", event.on + PATIENCE)
            case ((Step.WAITING | Step.RAISED), IncomeMissing()) if event.kind == state.kind:
                return Decision(state)
            case Step.WAITING, IncomeMissing():
                return Decision(state.model_copy(update={"kind": event.kind}))
            case Step.RAISED, IncomeMissing():
                other = state.model_copy(update={"kind": event.kind})
                return Decision(other).saying(_closed(state, event.on), _raised(other, event.on))
            case Step.WAITING, DeadlinePassed():
                return Decision(state.model_copy(update={"step": Step.RAISED})).saying(_raised(state, event.on))
            case Step.WAITING, PremiumDecided() | NothingToDecide():
                return Decision(state.model_copy(update={"step": Step.ENDED})).lifting("patience")
            case Step.RAISED, PremiumDecided() | NothingToDecide():
                return Decision(state.model_copy(update={"step": Step.ENDED})).saying(_closed(state, event.on))
            case ((Step.BEGUN | Step.ENDED), PremiumDecided() | NothingToDecide()):
                return Decision(state)
            case ((Step.RAISED | Step.ENDED), DeadlinePassed()):
                return Decision(state)
        raise OutOfTurn(state, event)


def _case_id(state: State) -> UUID:
    return derived_id("case", IncomeAwaited.name, state.insured_id, state.fiscal_year, state.since, *_beside_income(state.kind))


def _beside_income(kind: CaseKind) -> tuple[str, ...]:
    return () if kind is CaseKind.INCOME_MISSING else (kind.value,)


def _raised(state: State, on: date) -> CaseRaised:
    assert state.insured_id
    assert state.since
    return CaseRaised(
        effective_on=on,
        insured_id=state.insured_id,
        municipality_code=state.municipality_code,
        resident_number=state.resident_number,
        case_id=_case_id(state),
        kind=state.kind,
        fiscal_year=state.fiscal_year,
        waiting_since=state.since,
    )


def _closed(state: State, on: date) -> CaseClosed:
    assert state.insured_id
    return CaseClosed(
        effective_on=on,
        insured_id=state.insured_id,
        municipality_code=state.municipality_code,
        resident_number=state.resident_number,
        case_id=_case_id(state),
        kind=state.kind,
    )
