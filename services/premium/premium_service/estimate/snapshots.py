"""From a case to rows of the rules: one snapshot of the household for each judging day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.json_cases import CaseError
from chassis.law import NEVER, FiscalYear, Period, day_number

from premium_service.estimate.premium_case import Income, Member, PremiumCase
from premium_service.rules.columns import DECLARED, INQUIRING, UNDECLARED

Row = dict[str, int]

_STATUS = {"declared": DECLARED, "undeclared": UNDECLARED, "inquiring": INQUIRING}
_AMOUNTS = (
    "public_pension_receipts",
    "salary_receipts",
    "business_income",
    "other_income",
    "capital_gains",
    "capital_gains_special_deduction",
    "family_employee_deduction",
    "family_employee_salary_received",
    "loss_carried_forward",
)


@dataclass(frozen=True, slots=True)
class Span:
    """Insurance without a break; `by_disability` where any of it in the year rests on a disability certification."""

    period: Period
    by_disability: bool


def rows_of(case: PremiumCase, first_household: int, rate_area: int) -> list[Row]:
    """Rows for `Households.of`, household by household; `member` is the place in the case's list of members.

    CaseError names the place of what contradicts itself or is unknown where the law needs it.
    """
    members = case.household.members
    _check_names(case)
    year = FiscalYear(case.fiscal_year)
    spans = [_spans(member, place, year) for place, member in enumerate(members)]
    judged: dict[date, list[tuple[int, Span]]] = {}
    for place, of_member in enumerate(spans):
        for span in of_member:
            judged.setdefault(max(span.period.start, year.start), []).append((place, span))
    rows: list[Row] = []
    for number, day in enumerate(sorted(judged)):
        assessed = dict(judged[day])
        for place, member in enumerate(members):
            insured = any(day in span.period for span in spans[place])
            if insured or member.id == case.household.head:
                row = _row(member, place, assessed.get(place))
                row |= {
                    "household": first_household + number,
                    "judged_on": day_number(day),
                    "is_head": member.id == case.household.head,
                    "is_insured": insured,
                    "rate_area": rate_area,
                }
                rows.append(row)
    return rows


def _check_names(case: PremiumCase) -> None:
    names = [member.id for member in case.household.members]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise CaseError(
                "duplicate_member",
                f"世帯員の id「{name}」が重複しています。",
                f"The member id {name} stands twice.",
                f"household.members[{place}].id",
            )
    if case.household.head not in names:
        raise CaseError(
            "head_not_found",
            f"世帯主「{case.household.head}」が世帯員にいません。被保険者でない世帯主も insured: [] で加えてください。",
            f"The head {case.household.head} is not among the members; add an uninsured head with insured: [].",
            "household.head",
        )


def _spans(member: Member, place: int, year: FiscalYear) -> list[Span]:
    """Spans that touch the year, those that follow one another without a break joined."""
    path = f"household.members[{place}].insured"
    joined: list[Span] = []
    end: date | None = None
    for number, span in enumerate(member.insured):
        here = f"{path}[{number}]"
        if span.until is not None and span.until <= span.from_:
            raise CaseError(
                "empty_span",
                "資格喪失日は資格取得日より後の日を指定してください。",
                "`until` must be later than `from`.",
                f"{here}.until",
            )
        if number and (end is None or span.from_ < end):
            raise CaseError(
                "overlapping_spans", "被保険者期間が重なっているか、日付順ではありません。", "Spans overlap or are not in order.", here
            )
        _check_age(member, span.from_, span.ground, here)
        end = span.until
        by_disability = span.ground == "disability" and span.from_ < year.end and (span.until is None or span.until > year.start)
        if joined and joined[-1].period.end == span.from_:
            joined[-1] = Span(Period(joined[-1].period.start, span.until), joined[-1].by_disability or by_disability)
        else:
            joined.append(Span(Period(span.from_, span.until), by_disability))
    return [span for span in joined if span.period.overlaps(year.period)]


def _check_age(member: Member, start: date, ground: str, path: str) -> None:
    age = 75 if ground == "age" else 65
    if start < birthday(member.born, age):
        raise CaseError(
            "too_young",
            f"{age}歳の誕生日（{birthday(member.born, age)}）より前に資格があります。生年月日か取得日を確かめてください。",
            f"Insured before the day of turning {age} ({birthday(member.born, age)}); check the birth date and `from`.",
            f"{path}.from",
        )


def birthday(born: date, age: int) -> date:
    """The day of turning `age`; somebody born on 29 February turns it on 1 March of a common year."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def _row(member: Member, place: int, assessed: Span | None) -> Row:
    row = _income(member.income, f"household.members[{place}].income")
    period = assessed.period if assessed else None
    return row | {
        "member": place,
        "born_on": day_number(member.born),
        "acquired_on": day_number(period.start) if period else NEVER,
        "lost_on": day_number(period.end) if period else NEVER,
        "former_dependant_since": day_number(member.former_dependant_since) if member.former_dependant_since else NEVER,
        "by_disability": bool(assessed and assessed.by_disability),
        "is_assessed": assessed is not None,
    }


def _income(income: Income | None, path: str) -> Row:
    given = {} if income is None else income.model_dump(exclude_none=True)
    status = given.pop("status", None)
    if status is None and not given:
        raise CaseError(
            "income_unknown",
            "所得が不明です。金額を指定するか、status に undeclared（未申告）を指定してください。不明な所得を0円とはみなしません。",
            "The income is unknown: give amounts, or the status `undeclared`. An unknown income is not zero.",
            path,
        )
    if given.get("family_employee_salary_received", 0) > given.get("salary_receipts", 0):
        raise CaseError(
            "family_employee_salary_exceeds",
            "専従者給与収入は給与収入の内数です。給与収入を超えています。",
            "family_employee_salary_received is part of salary_receipts and cannot exceed it.",
            f"{path}.family_employee_salary_received",
        )
    if status == "inquiring":
        raise CaseError(
            "income_pending",
            "所得を照会中のため、保険料を決定できません。回答を待つか、金額を指定してください。",
            "The income is being inquired, so that no premium can be decided.",
            f"{path}.status",
        )
    return {name: given.get(name, 0) for name in _AMOUNTS} | {
        "income_status": _STATUS[status or "declared"],
        "total_income": given.get("total_income", 0),
        "has_total_income": "total_income" in given,
    }
