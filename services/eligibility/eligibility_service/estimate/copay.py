"""Answers to cases of 負担割合: the cases of one day are judged together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from chassis.json_cases import CaseError
from chassis.json_lines import Asked
from chassis.json_steps import step_values
from chassis.law import LawError, day_number

from eligibility_service.estimate.copay_case import CopayAnswer, CopayCase, CopayMember
from eligibility_service.law import confirmed_parameters, copay_law_on
from eligibility_service.rules.copay.columns import (
    DECLARED,
    INQUIRING,
    NOT_TAXED,
    TAX_UNKNOWN,
    TAXED,
    UNDECLARED,
    Exemption,
    LimitClass,
    Members,
    Outcome,
    Reason,
)
from eligibility_service.rules.copay.explanation import explain
from eligibility_service.rules.copay.judging import Judgements, judge
from eligibility_service.rules.copay.parameters import CopayLaw
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.rules.copay.resting import provisional_names
from eligibility_service.rules.copay.terms import OUTCOMES, code_of

_STATUS = {"declared": DECLARED, "undeclared": UNDECLARED, "inquiring": INQUIRING}
_NEEDS = {
    Outcome.TAXABLE_INCOME_MISSING: ("taxable_income",),
    Outcome.DEPENDANTS_MISSING: ("dependants_under_16",),
    Outcome.INQUIRING: ("status",),
}
_WORKING_NEEDS, _TWO_TENTHS_NEED = ("income_after_basic_deduction",), ("pension_receipts", "other_income")


def answer_copay_rates(cases: Sequence[CopayCase], asked: Asked) -> list[CopayAnswer | CaseError]:
    """One answer or error for each case, in order."""
    answers: dict[int, CopayAnswer | CaseError] = {}
    by_day: dict[object, list[int]] = {}
    for place, case in enumerate(cases):
        by_day.setdefault(case.on, []).append(place)
    for places in by_day.values():
        day = cases[places[0]].on
        try:
            law = copay_law_on(day, _confirmed(asked.confirmations, CopayYear.of(day).year))
        except LawError as error:
            answers |= dict.fromkeys(places, CaseError(error.code, error.message_ja, str(error), "on"))
            continue
        answers |= dict(zip(places, _answer_day([cases[place] for place in places], law, asked), strict=True))
    return [answers[place] for place in range(len(cases))]


def _confirmed(path: Path | None, copay_year: int) -> frozenset[str]:
    return confirmed_parameters(path, copay_year) if path else frozenset()


def _answer_day(cases: Sequence[CopayCase], law: CopayLaw, asked: Asked) -> Iterator[CopayAnswer | CaseError]:
    members = [member for case in cases for member in case.members]
    household = np.repeat(np.arange(len(cases)), [len(case.members) for case in cases])
    judged = judge(_members(members, household, law), law, _facts(members))
    start = 0
    for case in cases:
        rows = range(start, start + len(case.members))
        start = rows.stop
        try:
            yield _answer(case, judged, rows, asked)
        except CaseError as error:
            yield error


def _members(members: Sequence[CopayMember], household: np.ndarray[Any, Any], law: CopayLaw) -> Members:
    def column(read: Any) -> list[Any]:
        return [read(member) for member in members]

    insured = column(lambda m: m.insured)
    return Members.of(
        {
            "household": household,
            "judged_on": day_number(law.on),
            "born_on": column(lambda m: day_number(m.born)),
            "income_status": column(lambda m: _STATUS[m.status]),
            "tax_status": column(lambda m: TAX_UNKNOWN if m.taxed is None else TAXED if m.taxed else NOT_TAXED),
            "dependants_under_16": column(lambda m: m.dependants_under_16 or 0),
            "dependants_16_to_18": column(lambda m: m.dependants_16_18 or 0),
            "is_insured": insured,
            "is_judged": insured,
            "was_head": column(lambda m: m.is_head),
            "has_dependants": column(lambda m: m.dependants_under_16 is not None or m.dependants_16_18 is not None),
            "has_applied_receipts": column(lambda m: m.receipts_total is not None),
            "receives_welfare_pension": column(lambda m: m.welfare_pension),
        }
    )


def _facts(members: Sequence[CopayMember]) -> dict[str, np.ndarray[Any, Any]]:
    def amounts(name: str) -> np.ndarray[Any, Any]:
        return np.array([getattr(member, name) or 0 for member in members], np.int64)

    def missing(*names: str, otherwise: Outcome) -> np.ndarray[Any, Any]:
        return np.array([_missing(member, names, otherwise) for member in members], np.int16)

    return {
        "taxable_income": amounts("taxable_income"),
        "pension_income": np.zeros(len(members), np.int64),
        "other_total": amounts("other_income"),
        "pension_receipts": amounts("pension_receipts"),
        "income_after_deduction": amounts("income_after_basic_deduction"),
        "receipts": amounts("receipts_total"),
        "taxable_missing": missing("taxable_income", otherwise=Outcome.TAXABLE_INCOME_MISSING),
        "income_missing": missing("pension_receipts", "other_income", otherwise=Outcome.INCOME_MISSING),
        "after_deduction_missing": missing("income_after_basic_deduction", otherwise=Outcome.INCOME_MISSING),
        "has_receipts": np.array([member.receipts_total is not None for member in members]),
    }


def _missing(member: CopayMember, names: tuple[str, ...], otherwise: Outcome) -> Outcome:
    if member.status == "inquiring":
        return Outcome.INQUIRING
    given = all(getattr(member, name) is not None for name in names)
    return Outcome.DECIDED if given or member.status == "undeclared" else otherwise


def _answer(case: CopayCase, judged: Judgements, rows: range, asked: Asked) -> CopayAnswer:
    insured = [row for row in rows if judged.members.is_insured[row]]
    if not insured:
        raise CaseError("nobody_insured", "被保険者がいません。", "Nobody in the household is insured.", "members")
    outcome = Outcome(int(judged["outcome"][insured[0]]))
    if outcome is not Outcome.DECIDED:
        raise _fault(case, judged, rows, outcome)
    names = sorted({name for row in insured for name in provisional_names(judged, row)})
    answer: dict[str, Any] = {
        "case": case.case,
        "rate": int(judged["rate_percent"][insured[0]]),
        "reason": code_of(Reason(int(judged["reason"][insured[0]]))),
        "persons": [_person(case, judged, row, rows, asked) for row in insured],
    }
    if any(case.members[row - rows.start].status == "undeclared" for row in rows):
        answer["status"] = "undeclared"
    if names:
        answer |= {"provisional": True, "provisional_parameters": names}
    return CopayAnswer.model_validate(answer)


def _person(case: CopayCase, judged: Judgements, row: int, rows: range, asked: Asked) -> dict[str, Any]:
    found = LimitClass(int(judged["limit_class"][row]))
    exemption = Exemption(int(judged["exemption"][row]))
    person: dict[str, Any] = {
        "id": case.members[row - rows.start].id,
        "rate": int(judged["rate_percent"][row]),
        "reason": code_of(Reason(int(judged["reason"][row]))),
        "limit_class": None if found is LimitClass.UNDECIDED else code_of(found),
    }
    if exemption is not Exemption.NONE:
        person["exemption"] = code_of(exemption)
    if found is LimitClass.UNDECIDED:
        person["limit_class_missing"] = code_of(Outcome(int(judged["class_outcome"][row])))
    if asked.explained:
        ids = {place: member.id for place, member in enumerate(case.members, rows.start)}
        person["steps"] = [step_values(step, ids[step.member]) for step in explain(judged, row, asked.language)]
    return person


def _fault(case: CopayCase, judged: Judgements, rows: range, outcome: Outcome) -> CaseError:
    working = judged["highest_taxable"][rows.start] >= judged.law.working_taxable_income
    keys = _NEEDS.get(outcome, _WORKING_NEEDS if working else _TWO_TENTHS_NEED)
    japanese, english = OUTCOMES[outcome]
    return CaseError(
        outcome.name.lower(),
        f"{japanese}ため、負担割合を判定できません。不明な値を0とはみなしません。",
        f"The rate cannot be judged: {english}. What is unknown is not zero.",
        _path(case, keys),
    )


def _path(case: CopayCase, keys: tuple[str, ...]) -> str:
    """Where the first value is missing; `members` where no single one is."""
    for place, member in enumerate(case.members):
        for key in keys:
            if member.insured and (member.status == "inquiring" if key == "status" else getattr(member, key) is None):
                return f"members[{place}].{key}"
    return "members"
