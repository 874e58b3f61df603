"""Answers to premium cases: cases of one union, year and settings are assessed together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from chassis.json_cases import CaseError, Language
from chassis.json_steps import step_values
from chassis.law import FiscalYear, LawError, Rate

from premium_service.estimate.premium_case import (
    CaseSettings,
    PartAmount,
    PersonAmount,
    PremiumAnswer,
    PremiumCase,
    PremiumStep,
)
from premium_service.estimate.snapshots import Row, rows_of
from premium_service.law import premium_parameters
from premium_service.rules import Assessments, Households, Parameters, Settings, Step, assess, explain
from premium_service.rules.columns import DECIDED_UNDECLARED, GAP
from premium_service.rules.steps import share_text


def answer_premiums(
    cases: Sequence[PremiumCase], *, explained: bool, language: Language, confirmed: frozenset[str] = frozenset()
) -> list[PremiumAnswer | CaseError]:
    """One answer or error for each case, in order. Whole groups are assessed at once."""
    answers: list[PremiumAnswer | CaseError | None] = [None] * len(cases)
    groups: dict[tuple[str, int, CaseSettings], list[int]] = {}
    for place, case in enumerate(cases):
        groups.setdefault((case.union, case.fiscal_year, case.settings), []).append(place)
    for (union, year, settings), places in groups.items():
        try:
            law = premium_parameters(union, FiscalYear(year), settings_of(settings), confirmed)
            area = _rate_area(settings, law)
        except LawError as error:
            fault = CaseError(error.code, error.message_ja, str(error), "fiscal_year" if error.code != "unknown_parameter" else "union")
            for place in places:
                answers[place] = fault
            continue
        except CaseError as error:
            for place in places:
                answers[place] = error
            continue
        for place, answer in zip(places, _answer_group([cases[place] for place in places], law, area, explained, language), strict=True):
            answers[place] = answer
    return [answer for answer in answers if answer is not None]


def settings_of(settings: CaseSettings) -> Settings:
    """The case's settings as the rules take them. CaseError where a share is not a rate."""
    rows = settings.own_income_levy_reduction
    own = None if rows is None else tuple((row.up_to, _share(row.share, place)) for place, row in enumerate(rows))
    return Settings(
        annual_rounding=settings.annual_rounding,
        component_rounding=settings.component_rounding,
        component_rounding_mode=settings.component_rounding_mode,
        month_order=settings.month_order,
        own_income_levy_reduction=None if own is None else tuple(sorted(own, key=lambda row: row[0])),
        special_reductions=settings.special_reductions,
    )


def _share(text: str, place: int) -> Rate:
    try:
        return Rate.parse(text)
    except ValueError as error:
        path = f"settings.own_income_levy_reduction[{place}].share"
        raise CaseError("wrong_form", f"割合は 50% か 1/2 の形で指定してください。値: {text}", str(error), path) from error


def _rate_area(settings: CaseSettings, law: Parameters) -> int:
    """The place of the case's area of uneven rates, from its name or its municipality. CaseError where it cannot be known."""
    if settings.municipality and law.areas_are_gap:
        raise CaseError(
            "parameter_gap",
            "この年度に不均一保険料率のある区域が登録されていません。条例で確認し、登録してください。",
            "Which areas have uneven rates in this year has not been entered for this union.",
            "settings.municipality",
        )
    for place, area in enumerate(law.areas, 1):
        if settings.municipality and area.municipality == settings.municipality and settings.rate_area in ("", area.name):
            return place
        if settings.municipality and area.within == settings.municipality and not settings.rate_area:
            raise CaseError(
                "unknown_rate_area",
                f"市区町村 {settings.municipality} の中に区域「{area.name}」があります。rate_area で区域を指定してください。",
                f"The area {area.name} lies within {settings.municipality}: give the rate_area.",
                "settings.rate_area",
            )
    if settings.rate_area not in law.rate_areas:
        known = "、".join(area for area in law.rate_areas if area) or "なし"
        raise CaseError(
            "unknown_rate_area",
            f"不均一保険料率の区域「{settings.rate_area}」は登録されていません。登録済み: {known}",
            f"No uneven rate is known for {settings.rate_area}; known areas: {known}",
            "settings.rate_area",
        )
    return law.rate_areas.index(settings.rate_area)


def _answer_group(
    cases: Sequence[PremiumCase], law: Parameters, area: int, explained: bool, language: Language
) -> Iterable[PremiumAnswer | CaseError]:
    rows: list[Row] = []
    faults: dict[int, CaseError] = {}
    ranges: list[tuple[int, int]] = []
    for place, case in enumerate(cases):
        start = len(rows)
        try:
            rows += rows_of(case, first_household=rows[-1]["household"] + 1 if rows else 0, rate_area=area)
        except CaseError as error:
            faults[place] = error
        ranges.append((start, len(rows)))
    result = assess(_households(rows), law) if rows else None
    for place, case in enumerate(cases):
        if place in faults:
            yield faults[place]
        elif result is None or ranges[place][0] == ranges[place][1]:
            yield PremiumAnswer(case=case.case, persons=_not_insured_in_the_year(case), household_total=0)
        else:
            yield _answer(case, result, range(*ranges[place]), explained, language)


def _not_insured_in_the_year(case: PremiumCase) -> list[PersonAmount]:
    return [PersonAmount(id=member.id, annual_amount=0, months=0, parts=[]) for member in case.household.members if member.insured]


def _households(rows: list[Row]) -> Households:
    return Households.of({name: np.array([row[name] for row in rows]) for name in rows[0]})


def _answer(case: PremiumCase, result: Assessments, rows: range, explained: bool, language: Language) -> PremiumAnswer | CaseError:
    gap = next((row for row in rows if result["outcome"][row] == GAP), None)
    law, area = result.parameters, int(result.households.rate_area[rows[0]])
    if gap is not None and area and not law.areas[area - 1].is_known:
        return CaseError(
            "parameter_gap",
            f"不均一保険料率の区域「{law.rate_areas[area]}」の料率が登録されていません。条例で確認し、登録してください。",
            f"The uneven rates of {law.rate_areas[area]} have not been entered.",
            "settings.rate_area",
        )
    if gap is not None:
        return CaseError(
            "parameter_gap",
            "令和6年度の所得割率（基礎控除後所得58万円以下）が登録されていません。条例で確認し、登録してください。",
            "The lower income rate of FY2024 has not been entered for this union.",
            f"household.members[{int(result.households.member[gap])}]",
        )
    persons = []
    for place, member in enumerate(case.household.members):
        own = [row for row in rows if result.households.member[row] == place and result.households.is_assessed[row]]
        if own:
            persons.append(_person(member.id, case, result, own, explained, language))
        elif member.insured:
            persons.append(PersonAmount(id=member.id, annual_amount=0, months=0, parts=[]))
    names = {name for person in persons for part in person.parts for name in part.provisional_parameters}
    if not area and not case.settings.municipality and (law.areas or law.areas_are_gap):
        names.add(f"union_{law.union}.uneven_rates")  # the even rate is taken, and nobody has said that the household lives there
    answer: dict[str, object] = {"case": case.case, "persons": persons, "household_total": sum(person.annual_amount for person in persons)}
    if any(result["outcome"][row] == DECIDED_UNDECLARED for row in rows):
        answer["status"] = "undeclared"
    if names:
        answer |= {"provisional": True, "provisional_parameters": sorted(names)}
    return PremiumAnswer.model_validate(answer)


def _person(name: str, case: PremiumCase, result: Assessments, rows: list[int], explained: bool, language: Language) -> PersonAmount:
    steps = [step for row in rows for step in explain(result, row, language)]
    person: dict[str, object] = {
        "id": name,
        "annual_amount": sum(int(result["annual_amount"][row]) for row in rows),
        "months": sum(int(result["months"][row]) for row in rows),
        "parts": [_part(part, row, result, steps) for row in rows for part in result.parameters.parts],
    }
    if explained:
        ids = [member.id for member in case.household.members]
        person["steps"] = [PremiumStep.model_validate(step_values(step, ids[int(result.households.member[step.member])])) for step in steps]
    return PersonAmount.model_validate(person)


def _part(part: str, row: int, result: Assessments, steps: list[Step]) -> PartAmount:
    def of(column: str) -> int:
        return int(result[f"{part}_{column}"][row])

    dependant = result["dependant_months"][row] > 0
    share = of("dependant_reduction") if dependant else of("reduction")
    made: dict[str, object] = {
        "part": part,
        "per_capita": of("per_capita"),
        "reduction": share_text(share) if share else None,
        "per_capita_after_reduction": of("per_capita_dependant") if dependant else of("per_capita_reduced"),
        "income_levy": of("income_levy"),
        "capped": bool(of("capped")),
        "amount": of("amount"),
    }
    names = sorted({name for step in steps if step.part in (part, None) for name in step.provisional})
    if names:
        made |= {"provisional": True, "provisional_parameters": names}
    return PartAmount.model_validate(made)
