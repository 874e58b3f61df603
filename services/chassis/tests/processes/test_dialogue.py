"""A process manager is tested as a dialogue: given a state, when an event happens, then this follows. No database is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from chassis.process import DeadlinePassed, Decision, OutOfTurn
from contracts.envelope import Event

from services.chassis.tests.processes.calling import Call, Calling, Came, Missing, Step, closed, raised

DAY = date(2026, 7, 13)


@dataclass(frozen=True)
class Dialogue:
    state: Call
    decision: Decision[Call] | None = None

    def when(self, event: Any) -> Dialogue:
        return Dialogue(self.state, Calling().decide(self.state, event))

    def then(self, step: Step, *events: Event, deadlines: dict[str, date] | None = None, lifted: tuple[str, ...] = ()) -> None:
        assert self.decision
        assert self.decision.state.step == step
        assert (self.decision.events, self.decision.deadlines, self.decision.lifted) == (events, deadlines or {}, lifted)


def given(step: Step) -> Dialogue:
    return Dialogue(Call(step=step, person="1", since=DAY))


def test_a_wait_begins_with_a_deadline() -> None:
    given(Step.BEGUN).when(Missing(DAY)).then(Step.WAITING, deadlines={"patience": DAY + timedelta(days=7)})


def test_what_comes_in_time_lifts_the_deadline_and_calls_nobody() -> None:
    given(Step.WAITING).when(Came(DAY)).then(Step.ENDED, lifted=("patience",))


def test_a_passed_deadline_calls_somebody() -> None:
    waiting = given(Step.WAITING)
    waiting.when(DeadlinePassed("patience", DAY)).then(Step.CALLED, raised(waiting.state, DAY))


def test_what_comes_late_closes_the_case() -> None:
    called = given(Step.CALLED)
    called.when(Came(DAY)).then(Step.ENDED, closed(called.state, DAY))


def test_an_event_that_a_step_does_not_know_is_a_surprise() -> None:
    with pytest.raises(OutOfTurn, match="ended does not know DeadlinePassed"):
        given(Step.ENDED).when(DeadlinePassed("patience", DAY))


def test_a_decision_gathers_what_is_said_set_and_lifted() -> None:
    state = Call(person="1", since=DAY)
    decision = (
        Decision(state).saying(raised(state, DAY)).saying(closed(state, DAY)).until("a", DAY).until("b", DAY).lifting("c").lifting("d")
    )
    assert [event.type for event in decision.events] == ["premium.case_raised.v1", "premium.case_closed.v1"]
    assert (decision.deadlines, decision.lifted) == ({"a": DAY, "b": DAY}, ("c", "d"))
