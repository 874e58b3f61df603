"""A small process manager for the tests: an assessment is awaited for a week, then somebody is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from chassis.clock import derived_id
from chassis.process import DeadlinePassed, Decision, OutOfTurn
from contracts.envelope import Event
from contracts.events.premium import CaseClosed, CaseKind, CaseRaised
from pydantic import BaseModel


class Step(StrEnum):
    BEGUN = "begun"
    WAITING = "waiting"
    CALLED = "called"
    ENDED = "ended"


class Call(BaseModel):
    """Where the wait for one person stands."""

    step: Step = Step.BEGUN
    person: str = ""
    since: date | None = None


@dataclass(frozen=True)
class Missing:
    on: date


@dataclass(frozen=True)
class Came:
    on: date


@dataclass
class Calling:
    """`refuses` names persons whose deadline this process does not know what to do with."""

    refuses: frozenset[str] = frozenset()
    name: str = "calling"
    model: type[Call] = Call

    def begin(self, key: str) -> Call:
        return Call(person=key)

    def decide(self, state: Call, event: Any) -> Decision[Call]:
        match state.step, event:
            case Step.BEGUN, Missing():
                waiting = state.model_copy(update={"step": Step.WAITING, "since": event.on})
                return Decision(waiting).until("patience", event.on + timedelta(days=7))
            case Step.WAITING, Missing():
                return Decision(state).until("patience", event.on + timedelta(days=7))
            case Step.WAITING, Came():
                return Decision(state.model_copy(update={"step": Step.ENDED})).lifting("patience")
            case Step.WAITING, DeadlinePassed() if state.person not in self.refuses:
                return Decision(state.model_copy(update={"step": Step.CALLED})).saying(raised(state, event.on))
            case Step.CALLED, Came():
                return Decision(state.model_copy(update={"step": Step.ENDED})).saying(closed(state, event.on))
        raise OutOfTurn(f"{state.step} does not know {type(event).__name__}")


def _about(state: Call) -> tuple[UUID, UUID]:
    return derived_id("case", state.person, state.since), derived_id("insured", state.person)


def raised(state: Call, on: date) -> Event:
    assert state.since
    case_id, insured_id = _about(state)
    return CaseRaised(
        effective_on=on,
        insured_id=insured_id,
        municipality_code="131016",
        resident_number=state.person,
        case_id=case_id,
        kind=CaseKind.INCOME_MISSING,
        fiscal_year=2026,
        waiting_since=state.since,
    )


def closed(state: Call, on: date) -> Event:
    case_id, insured_id = _about(state)
    return CaseClosed(
        effective_on=on,
        insured_id=insured_id,
        municipality_code="131016",
        resident_number=state.person,
        case_id=case_id,
        kind=CaseKind.INCOME_MISSING,
    )
