"""The steps after a year of arrears, as a dialogue: given a state, when something happens, then this follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.process import DeadlinePassed, Decision, OutOfTurn
from eligibility_service.domain.arrears import (
    Approved,
    Arrears,
    ArrearsHeard,
    ArrearsSteps,
    CardReturned,
    Declined,
    Ending,
    Explained,
    ShortTermApproved,
    StatusIssued,
    Step,
)
from eligibility_service.rules.arrears import Remedy, arrears_remedy

DAY = date(2023, 8, 1)
PERSON = UUID("01980000-0000-7000-8000-000000000001")
APPROVAL = UUID("01980000-0000-7000-8000-000000000002")


@dataclass(frozen=True)
class Dialogue:
    state: Arrears
    decision: Decision[Arrears] | None = None

    def when(self, event: Any) -> Dialogue:
        decision = ArrearsSteps().decide(self.state, event)
        return Dialogue(decision.state, decision)

    def then(self, step: Step, *, deadlines: dict[str, date] | None = None, lifted: tuple[str, ...] = (), **known: Any) -> Dialogue:
        assert self.decision
        assert self.state.step == step
        assert (self.decision.deadlines, set(self.decision.lifted)) == (deadlines or {}, set(lifted))
        assert {name: getattr(self.state, name) for name in known} == known
        return self


def given(step: Step, **known: Any) -> Dialogue:
    usual = {"municipality_code": "131016", "resident_number": "1", "unpaid_amount": 54_600, "oldest_due_on": date(2022, 7, 31)}
    noticed = {} if step is Step.WATCHED else {"noticed_on": DAY, "reported_on": DAY}
    return Dialogue(Arrears.model_validate({"insured_id": PERSON, "step": step, **usual, **noticed, **known}))


def heard(on: date = DAY, *, amount: int = 54_600, oldest: date | None = date(2022, 7, 31), paid: date | None = None) -> ArrearsHeard:
    explain_by = on + timedelta(days=14)
    return ArrearsHeard(on, "131016", "1", amount, oldest, paid, months=12, explain_by=explain_by, remedy=arrears_remedy.on(on)())


ALL = ("explanation", "return", "expiry")


def test_a_year_after_the_due_day_the_notice_goes_out_and_the_time_for_an_explanation_runs() -> None:
    """E-23: a premium due on 31 July 2022 has stayed unpaid for a year when 31 July 2023 is over; seen to fail without the threshold."""
    begun = given(Step.WATCHED)
    begun.when(heard(date(2023, 7, 31))).then(Step.WATCHED)
    begun.when(heard(date(2023, 8, 1))).then(Step.NOTICED, deadlines={"explanation": date(2023, 8, 16)}, explain_by=date(2023, 8, 15))


@pytest.mark.parametrize("step", [Step.NOTICED, Step.TO_DECIDE, Step.APPROVED, Step.RETURNED, Step.ISSUED, Step.SPECIAL_MEDICAL])
def test_a_partial_payment_stops_it_at_every_step(step: Step) -> None:
    """E-23."""
    paying = given(step)
    paying.when(heard(date(2023, 9, 1), amount=10_000, paid=date(2023, 8, 20))).then(Step.STOPPED, lifted=ALL, ending=Ending.PARTLY_PAID)
    paying.when(heard(date(2023, 9, 1), amount=0, oldest=None)).then(Step.STOPPED, lifted=ALL, ending=Ending.PAID)
    paying.when(heard(date(2023, 9, 1), paid=date(2023, 7, 1))).then(step)  # what was paid before the notice is in the amount already


@pytest.mark.parametrize("step", [Step.NOTICED, Step.TO_DECIDE, Step.APPROVED, Step.RETURNED, Step.ISSUED, Step.SPECIAL_MEDICAL])
def test_special_circumstances_stop_it_at_every_step(step: Step) -> None:
    """E-09: 特別の事情."""
    given(step).when(Explained(DAY, "火災にあった", is_special=True)).then(Step.STOPPED, lifted=ALL, ending=Ending.SPECIAL_CIRCUMSTANCES)


def test_another_explanation_or_silence_leads_to_the_decision_of_the_union() -> None:
    noticed = given(Step.NOTICED)
    noticed.when(Explained(DAY, "忘れていた", is_special=False)).then(Step.TO_DECIDE, lifted=("explanation",), explanation="忘れていた")
    noticed.when(DeadlinePassed("explanation", date(2023, 8, 16))).then(Step.TO_DECIDE)


def test_an_approval_asks_for_the_card_and_its_return_makes_the_status_certificate_possible() -> None:
    """E-09, E-24: no step leads to the hand-over but the approval and the return of the card, or its expiry."""
    approval = Approved(date(2023, 9, 1), APPROVAL, Remedy.STATUS_CERTIFICATE, date(2023, 9, 15), date(2024, 7, 31))
    approved = given(Step.TO_DECIDE).when(approval)
    approved.then(Step.APPROVED, deadlines={"return": date(2023, 9, 16), "expiry": date(2024, 8, 1)}, approval_id=APPROVAL)

    back = approved.when(CardReturned(date(2023, 9, 10))).then(Step.RETURNED, lifted=("return", "expiry"))
    back.when(StatusIssued(date(2023, 9, 10))).then(Step.ISSUED)

    late = approved.when(DeadlinePassed("return", date(2023, 9, 16))).then(Step.APPROVED, return_overdue=True)
    late.when(DeadlinePassed("expiry", date(2024, 8, 1))).then(Step.RETURNED, lifted=("return",), return_overdue=False)


@pytest.mark.parametrize("step", [Step.WATCHED, Step.NOTICED, Step.TO_DECIDE, Step.APPROVED, Step.STOPPED])
def test_nothing_is_handed_over_before_approval_and_return(step: Step) -> None:
    """E-24."""
    with pytest.raises(OutOfTurn):
        given(step).when(StatusIssued(DAY))


def test_without_a_card_in_force_there_is_nothing_to_give_back() -> None:
    given(Step.TO_DECIDE).when(Approved(DAY, APPROVAL, Remedy.STATUS_CERTIFICATE, None, None)).then(Step.RETURNED)


def test_from_2_december_2024_an_approval_leads_to_the_special_medical_expense_and_to_no_certificate() -> None:
    assert arrears_remedy.on(date(2024, 12, 1))() is Remedy.STATUS_CERTIFICATE
    approval = Approved(date(2024, 12, 2), APPROVAL, arrears_remedy.on(date(2024, 12, 2))(), None, date(2025, 7, 31))
    special = given(Step.TO_DECIDE).when(approval).then(Step.SPECIAL_MEDICAL)
    with pytest.raises(OutOfTurn):
        special.when(StatusIssued(date(2024, 12, 2)))


def test_after_a_partial_payment_only_a_report_without_a_further_payment_begins_anew() -> None:
    stopped = given(Step.STOPPED, ended_on=date(2023, 9, 1), ending=Ending.PARTLY_PAID)
    stopped.when(heard(date(2023, 10, 1), paid=date(2023, 9, 20))).then(Step.STOPPED)
    stopped.when(heard(date(2023, 10, 1), paid=date(2023, 8, 20))).then(Step.NOTICED, deadlines={"explanation": date(2023, 10, 16)})


def test_a_report_older_than_the_last_one_changes_nothing() -> None:
    given(Step.NOTICED).when(heard(date(2023, 7, 1), amount=0, oldest=None)).then(Step.NOTICED, unpaid_amount=54_600)


def test_the_union_may_decide_against_it_or_for_a_short_term_card() -> None:
    given(Step.TO_DECIDE).when(Declined(DAY)).then(Step.STOPPED, lifted=ALL, ending=Ending.DECLINED)
    short = given(Step.WATCHED).when(ShortTermApproved(DAY)).then(Step.WATCHED, short_term=True)
    short.when(heard(date(2023, 9, 1), amount=0, oldest=None)).then(Step.STOPPED, lifted=ALL, short_term=False)
