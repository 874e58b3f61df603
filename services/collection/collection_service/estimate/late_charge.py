"""`./koki estimate late-charge`: the late charge of an instalment from its due day and its payments, with every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from chassis.json_cases import Amount, CaseError, CaseName, Day, LineModel
from chassis.json_lines import Asked
from chassis.law import FiscalYear, LawError
from pydantic import Field, StrictInt, StrictStr

from collection_service.domain.arrears import LateCharge, counted
from collection_service.domain.late_charge_steps import steps_of
from collection_service.estimate.steps import ExplainedStep
from collection_service.law import confirmed_parameters
from collection_service.law.late_charge import late_charge_law
from collection_service.rules.late_charge import Fraction
from collection_service.rules.unpaid_spans import Debt

NOBODY = "000000"
"""The code of no municipality: what all share."""
OWN = {"low_months": "late_charge_low_months", "fraction": "late_charge_fraction"}
"""What a case gives itself is not read from the files, and so not provisional."""


class CasePayment(LineModel):
    """納付: a day, and yen."""

    paid_on: Day = Field(description="納付の日")
    amount: Annotated[StrictInt, Field(ge=1, le=1_000_000_000_000)] = Field(description="納付した額（円）")


class CaseDeferral(LineModel):
    """徴収猶予: first and last day, both counted."""

    first: Day = Field(description="猶予の初日")
    last: Day = Field(description="猶予の末日")


class LateChargeCase(LineModel):
    """延滞金の試算: one instalment."""

    case: CaseName
    due_on: Day = Field(description="納期限")
    amount: Amount = Field(description="期別の額（円）")
    payments: tuple[CasePayment, ...] = Field(default=(), description="納付（日と額）")
    deferrals: tuple[CaseDeferral, ...] = Field(default=(), description="徴収猶予の期間")
    until: Day | None = Field(default=None, description="この日まで計算する。完納した事例では省略でき、最後の納付の日までとなる")
    municipality_code: Annotated[StrictStr, Field(pattern=r"^\d{6}$")] | None = Field(
        default=None, description="市区町村コード。登録された条例の定めを使う"
    )
    low_months: Annotated[StrictInt, Field(ge=1, le=12)] | None = Field(default=None, description="低率期間の月数（条例の定めに代える）")
    fraction: Literal["once", "each"] | None = Field(
        default=None, description="計算途中の円未満の端数。once は合計してから、each は期間ごとに切り捨てる（条例の定めに代える）"
    )


class LateChargeAnswer(LineModel):
    """延滞金: yen before (`exact`) and after the last rounding, counted up to and with `until`; `unpaid`: what is left on that day."""

    case: CaseName
    late_charge: int
    exact: int
    unpaid: int
    until: Day
    steps: tuple[ExplainedStep, ...] = ()
    provisional: bool = False
    provisional_parameters: tuple[str, ...] = ()


def answer_late_charges(cases: Sequence[LateChargeCase], asked: Asked) -> list[LateChargeAnswer | CaseError]:
    """One answer or error for each case, in order."""
    return [_answer(case, asked) for case in cases]


def _answer(case: LateChargeCase, asked: Asked) -> LateChargeAnswer | CaseError:
    try:
        until = _until(case)
        charge = _charge(case, until, asked)
    except CaseError as fault:
        return fault
    except LawError as missing:
        return CaseError(missing.code, missing.message_ja, str(missing), "due_on")
    answer: dict[str, object] = {
        "case": case.case,
        "late_charge": charge.amount,
        "exact": charge.exact,
        "unpaid": max(0, case.amount - sum(payment.amount for payment in case.payments if payment.paid_on <= until)),
        "until": until,
    }
    if asked.explained:
        names = set(ExplainedStep.model_fields)
        answer["steps"] = [
            {key: value for key, value in step.content().items() if key in names} for step in steps_of(charge, asked.language)
        ]
    if charge.law.provisional:
        answer |= {"provisional": True, "provisional_parameters": charge.law.provisional}
    return LateChargeAnswer.model_validate(answer)


def _until(case: LateChargeCase) -> date:
    """The day up to which is counted: as asked, else the day on which everything was paid."""
    if case.until is not None:
        return case.until
    if not case.payments or sum(payment.amount for payment in case.payments) < case.amount:
        raise CaseError(
            "until_missing",
            "完納していない事例では、計算する最後の日（until）を指定してください。",
            "Not everything is paid: say up to which day (until) to count.",
            "until",
        )
    return max(payment.paid_on for payment in case.payments)


def _charge(case: LateChargeCase, until: date, asked: Asked) -> LateCharge:
    for number, deferral in enumerate(case.deferrals):
        if deferral.last < deferral.first:
            raise CaseError(
                "days_out_of_order",
                f"猶予の末日が初日より前です: {deferral.first} から {deferral.last}",
                f"The deferral ends before it begins: {deferral.first} to {deferral.last}.",
                f"deferrals[{number}].last",
            )
    if until < case.due_on:
        raise CaseError(
            "days_out_of_order",
            f"計算する最後の日 {until} が納期限 {case.due_on} より前です。",
            f"The last day {until} is before the due day {case.due_on}.",
            "until",
        )
    law = late_charge_law(case.municipality_code or NOBODY, due_on=case.due_on, until=until)
    confirmed = set(confirmed_parameters(asked.confirmations, FiscalYear.of(until).year)) if asked.confirmations else set()
    confirmed |= {name for given, name in OWN.items() if getattr(case, given) is not None}
    law = replace(
        law,
        low_months=case.low_months or law.low_months,
        terms=replace(law.terms, fraction=Fraction(case.fraction) if case.fraction else law.terms.fraction),
        provisional=tuple(name for name in law.provisional if name not in confirmed and name.rpartition(".")[2] not in confirmed),
    )
    payments = tuple((payment.paid_on, payment.amount) for payment in case.payments)
    deferrals = tuple((deferral.first, deferral.last) for deferral in case.deferrals)
    (charge,) = counted([Debt(case.due_on, case.amount, payments, deferrals)], law, until=until)
    return charge
