"""The wait of a premium that cannot be decided: a dialogue of what happens and what is said (P-06)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from chassis.process import DeadlinePassed
from contracts.events.premium import CaseClosed, CaseKind, CaseRaised
from premium_service.domain.income_awaited import IncomeAwaited, IncomeMissing, PremiumDecided, State, Step

PERSON, DAY = UUID(int=7), date(2026, 7, 13)


def missing(kind: CaseKind) -> IncomeMissing:
    return IncomeMissing(PERSON, "131016", "1", 2026, DAY, kind)


def waiting(kind: CaseKind) -> State:
    return IncomeAwaited().decide(State(), missing(kind)).state


def raised(kind: CaseKind) -> State:
    return IncomeAwaited().decide(waiting(kind), DeadlinePassed("patience", DAY)).state


def test_a_wait_says_what_is_missing_when_its_patience_ends() -> None:
    for kind in (CaseKind.INCOME_MISSING, CaseKind.RATE_MISSING, CaseKind.RATE_AREA_MISSING):
        (said,) = IncomeAwaited().decide(waiting(kind), DeadlinePassed("patience", DAY)).events
        assert isinstance(said, CaseRaised)
        assert said.kind is kind


def test_when_the_income_has_come_and_the_area_is_missing_the_wait_is_for_the_area() -> None:
    found = IncomeAwaited().decide(waiting(CaseKind.INCOME_MISSING), missing(CaseKind.RATE_AREA_MISSING))
    assert (found.state.step, found.state.kind, list(found.events)) == (Step.WAITING, CaseKind.RATE_AREA_MISSING, [])


def test_a_case_about_an_income_is_closed_and_one_about_the_area_raised_in_its_place() -> None:
    found = IncomeAwaited().decide(raised(CaseKind.INCOME_MISSING), missing(CaseKind.RATE_AREA_MISSING))
    closed, opened = found.events
    assert isinstance(closed, CaseClosed)
    assert isinstance(opened, CaseRaised)
    assert (closed.kind, opened.kind) == (CaseKind.INCOME_MISSING, CaseKind.RATE_AREA_MISSING)
    assert closed.case_id != opened.case_id

    (ended,) = IncomeAwaited().decide(found.state, PremiumDecided(DAY)).events
    assert isinstance(ended, CaseClosed)
    assert ended.case_id == opened.case_id
