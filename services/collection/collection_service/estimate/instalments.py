"""`./koki estimate instalments`: a year's premium divided over a calendar of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from chassis.json_cases import Amount, CaseError, CaseName, Day, Language, LineModel
from chassis.json_lines import Asked
from chassis.law import FiscalYear, LawError
from pydantic import Field, StrictInt

from collection_service.estimate.steps import ExplainedStep, StepInput
from collection_service.law import Calendar, closing_days, confirmed_parameters, provisional_parameters
from collection_service.rules.due_days import Month, Slot, due_day
from collection_service.rules.instalments import divide

Weekday = ("月", "火", "水", "木", "金", "土", "日")
PARAMETERS = ("bank_closing_days",)


class CaseCalendar(LineModel):
    """納期: the months of the instalments in order, and the day on which each is due."""

    months: tuple[Annotated[StrictInt, Field(ge=1, le=12)], ...] = Field(min_length=1, description="納期の月（4月から翌年3月の順）")
    due_day: Literal["end"] | Annotated[StrictInt, Field(ge=1, le=31)] = Field(
        default="end", description="納期限の日。end は月末。その月にない日は月末とする"
    )
    exceptions: dict[str, Annotated[StrictInt, Field(ge=1, le=31)]] = Field(
        default_factory=dict, description="月ごとの例外（月: 日）。例: 12月は25日"
    )


class InstalmentsCase(LineModel):
    """期割の試算: one year's premium of one person."""

    case: CaseName
    annual_amount: Amount = Field(description="年額（円）")
    calendar: CaseCalendar
    fiscal_year: Annotated[StrictInt, Field(ge=2008, le=2099)] = Field(description="賦課年度（西暦）")
    rounding: Annotated[StrictInt, Field(ge=1, le=10_000)] = Field(default=100, description="2期以降の額の端数の単位（円）")


class InstalmentAmount(LineModel):
    number: int
    month: int
    due_on: Day
    amount: int


class InstalmentsAnswer(LineModel):
    """The instalments of a year; they add up to the annual amount."""

    case: CaseName
    instalments: tuple[InstalmentAmount, ...]
    steps: tuple[ExplainedStep, ...] = ()
    provisional: bool = False
    provisional_parameters: tuple[str, ...] = ()


def answer_instalments(cases: Sequence[InstalmentsCase], asked: Asked) -> list[InstalmentsAnswer | CaseError]:
    """One answer or error for each case, in order."""
    return [_answer(case, asked) for case in cases]


def _answer(case: InstalmentsCase, asked: Asked) -> InstalmentsAnswer | CaseError:
    try:
        calendar = _calendar(case)
    except CaseError as fault:
        return fault
    except LawError as missing:
        return CaseError(missing.code, missing.message_ja, str(missing), "fiscal_year")
    is_open = np.ones((1, len(calendar.months)), np.bool_)
    day = calendar.fiscal_year.start
    (amounts,) = divide.on(day)(amount=np.array([case.annual_amount]), is_open=is_open, unit=case.rounding).tolist()
    answer: dict[str, object] = {
        "case": case.case,
        "instalments": [
            InstalmentAmount(number=slot.number, month=slot.month, due_on=slot.due_on, amount=amount)
            for slot, amount in zip(calendar.slots, amounts, strict=True)
        ],
    }
    if asked.explained:
        answer["steps"] = _steps(case, calendar, amounts, asked.language)
    confirmed = confirmed_parameters(asked.confirmations, case.fiscal_year) if asked.confirmations else frozenset()
    if names := provisional_parameters(PARAMETERS, day, confirmed):
        answer |= {"provisional": True, "provisional_parameters": names}
    return InstalmentsAnswer.model_validate(answer)


def _calendar(case: InstalmentsCase) -> Calendar:
    months = case.calendar.months
    in_year = [month if month >= 4 else month + 12 for month in months]
    if in_year != sorted(set(in_year)):
        raise CaseError(
            "months_out_of_order",
            f"納期の月は、4月から翌年3月の順に、重なりなく並べてください。値: {list(months)}",
            f"The months must stand in the order of the fiscal year, each once: {list(months)}.",
            "calendar.months",
        )
    for name in case.calendar.exceptions:
        if name not in map(str, months):
            raise CaseError(
                "unknown_month",
                f"例外の月「{name}」は納期の月（months）にありません。",
                f"The exception for month {name} has no instalment among the months.",
                f"calendar.exceptions.{name}",
            )
    usual = None if case.calendar.due_day == "end" else case.calendar.due_day
    fiscal_year = FiscalYear(case.fiscal_year)
    return Calendar(
        fiscal_year=fiscal_year,
        months=tuple(Month(month, case.calendar.exceptions.get(str(month), usual)) for month in months),
        rounding=case.rounding,
        notice_days=0,
        closing_days=closing_days(fiscal_year),
    )


def _steps(case: InstalmentsCase, calendar: Calendar, amounts: list[int], language: Language) -> list[ExplainedStep]:
    ja = language == "ja"
    count = len(amounts)
    day = calendar.fiscal_year.start
    year = StepInput(name="annual_amount", term="年額" if ja else "annual amount", value=case.annual_amount)
    number = StepInput(name="count", term="期の数" if ja else "number of instalments", value=count)
    each = case.annual_amount // count // case.rounding * case.rounding
    later = ExplainedStep(
        name="later_instalment",
        term="2期以降の額" if ja else "every instalment but the first",
        value=each,
        unit="yen",
        inputs=(year, number),
        formula=f"{case.annual_amount:,} ÷ {count}",
        rounding=f"{case.rounding:,}円未満切捨て" if ja else f"floored to {case.rounding:,} yen",
        law=divide.article_on(day),
    )
    first = ExplainedStep(
        name="first_instalment",
        term="第1期の額" if ja else "first instalment",
        value=amounts[0],
        unit="yen",
        inputs=(year, StepInput(name=later.name, term=later.term, value=each), number),
        formula=f"{case.annual_amount:,} − {each:,} × {count - 1}",
        rounding=None,
        law=divide.article_on(day),
    )
    return [later, first, *(_due(slot, month, calendar, ja) for slot, month in zip(calendar.slots, calendar.months, strict=True))]


def _due(slot: Slot, month: Month, calendar: Calendar, ja: bool) -> ExplainedStep:
    day = calendar.fiscal_year.start
    year = calendar.fiscal_year.year + (slot.month < 4)
    named = due_day.on(day)(year=year, month=month, is_closed=lambda _: False)
    moved = named != slot.due_on
    shown = f"{named}（{Weekday[named.weekday()]}）" if ja else f"{named:%Y-%m-%d %a}"
    if ja:
        formula = f"{shown} は金融機関の休業日のため、翌営業日 {slot.due_on}" if moved else f"{shown} は営業日"
    else:
        formula = f"banks are closed on {shown}; the next open day is {slot.due_on}" if moved else f"banks are open on {shown}"
    return ExplainedStep(
        name="due_on",
        term=f"第{slot.number}期の納期限" if ja else f"due day of instalment {slot.number}",
        value=slot.due_on.isoformat(),
        unit="day",
        inputs=(StepInput(name="named_day", term="定められた日" if ja else "day named", value=named.isoformat()),),
        formula=formula,
        rounding=None,
        law=due_day.article_on(day),
    )
