# SPDX-License-Identifier: Apache-2.0
"""What stands on a notice of change, and what must be read back from it: both from one immutable record.

Law: 高齢者の医療の確保に関する法律 第104条 (premium), 第128条 and 第130条 (審査請求 before an action); 行政手続法 第14条 (理由の提示).
"""

from datetime import date
from math import ceil
from typing import Final, Self

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fitting import width
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact, Delivery, appeals
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field, model_validator

COLUMNS: Final = ("区分", "変更前", "変更後", "増減")
STEP_COLUMNS: Final = ("決定日", "もとになった届出・通知", "増減")
STEPS_A_PAGE: Final = 22
LINES_WITH_STEPS, LINES_WITHOUT = 8.8, 10.5
"""Lines that reasons and steps, or reasons alone, may take on the first page. What is more stands on pages of its own, so that the
number of pages is known before typesetting (a wrong measure makes another page, and the notice is refused)."""
REASON_EMS, EVENTS_EMS = 38.0, 26.0
HINT: Final = "納める期日と方法は、市区町村からの納入通知書でお知らせします。納め過ぎとなった分は、市区町村からお返しします。"


class PartLine(BaseModel):
    """One part of the premium before and after, yen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: str = Field(min_length=1)
    before: int = Field(ge=0)
    after: int = Field(ge=0)


class StepLine(BaseModel):
    """One decision on the way: its day, the events behind it, and its difference in yen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decided_on: date
    events: str = Field(min_length=1, max_length=120)
    difference: int


class ChangeNoticeData(BaseModel):
    """保険料額変更決定通知書 of one insured person for one fiscal year; yen. `why`: every reason, in sentences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery: Delivery
    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    fiscal_year: FiscalYear
    issued_on: date
    issuer: str = Field(min_length=1)
    review_board: str = Field(min_length=1)
    before: int = Field(ge=0)
    after: int = Field(ge=0)
    parts: tuple[PartLine, ...] = Field(min_length=1, max_length=2)
    why: tuple[str, ...] = Field(min_length=1, max_length=8)
    steps: tuple[StepLine, ...] = Field(min_length=1)
    contact: Contact

    @model_validator(mode="after")
    def _each_part_once(self) -> Self:
        if len({part.term for part in self.parts}) != len(self.parts):
            raise ValueError("同じ区分の保険料が二つあります。区分を確かめてください。")
        return self


def build(notice: ChangeNoticeData) -> Sheet:
    """The notice as its template takes it. Raises `DocumentRefused`, also where parts or steps do not add up to the change."""
    _agree(notice)
    year = format_fiscal_year(notice.fiscal_year)
    title = f"{year}　後期高齢者医療保険料額変更決定通知書"
    written = (f"{format_day(notice.issued_on)}　発行", notice.issuer)
    label = f"変更後の{year}の保険料(年額)"
    difference = signed(notice.after - notice.before)
    facts = (
        ("被保険者番号", notice.insured_number),
        ("被保険者氏名", notice.name),
        ("変更前の年額", _yen(notice.before)),
        ("増減", difference),
    )
    name_font = typefaces().choose_for_name(notice.name, field="被保険者氏名")
    rows = [(part.term, _yen(part.before), _yen(part.after), signed(part.after - part.before)) for part in notice.parts]
    total = ("合計(年額)", _yen(notice.before), _yen(notice.after), difference)
    steps = [(format_day(step.decided_on), step.events, signed(step.difference)) for step in notice.steps]
    why, steps_here, pages = _laid_out(notice.why, steps)
    lead = f"{year}の保険料額を次のとおり変更しましたので、お知らせします。"
    advice = appeals(notice.review_board)
    data: dict[str, object] = {
        "title": title,
        "to": notice.delivery.data(),
        "sender": written,
        "lead": lead,
        "amount_label": label,
        "amount": _yen(notice.after),
        "facts": [{"label": name, "value": value} | ({"font": name_font} if name == "被保険者氏名" else {}) for name, value in facts],
        "columns": COLUMNS,
        "rows": [*rows, total],
        "why": why,
        "step_columns": STEP_COLUMNS,
        "steps": steps_here,
        "pages": [{"why": reasons, "steps": of_page} for reasons, of_page in pages],
        "hint": HINT,
        "appeals": advice,
        "contact": notice.contact.data(),
        "insured": f"被保険者番号　{notice.insured_number}",
    }
    first: Expected = (
        *notice.delivery.expected(),
        *(("発行者", line) for line in written),
        ("表題", title),
        ("年額の表題", label),
        ("年額", _yen(notice.after)),
        *facts,
        ("本文", lead),
        *((f"{row[0]}の{column}", cell) for row in (*rows, total) for column, cell in zip(COLUMNS, row, strict=True)),
        *(("変更の理由", line) for line in why),
        *_steps_expected(steps_here),
        ("お知らせ", HINT),
        *(("不服の申立て", line) for line in advice),
        *notice.contact.expected(),
    )
    more = tuple(
        (
            ("表題", title),
            ("被保険者番号", str(data["insured"])),
            *(("変更の理由", line) for line in reasons),
            *_steps_expected(of_page),
        )
        for reasons, of_page in pages
    )
    return Sheet(data, (first, *more))


Step = tuple[str, str, str]
Page = tuple[tuple[str, ...], list[Step]]


def _laid_out(why: tuple[str, ...], steps: list[Step]) -> tuple[tuple[str, ...], list[Step], list[Page]]:
    """What stands on the first page, and the pages after it."""
    reasons = sum(_lines(line, REASON_EMS) + 0.4 for line in why)
    if reasons + sum(1.2 * _lines(events, EVENTS_EMS) for _, events, _ in steps) <= LINES_WITH_STEPS:
        return why, steps, []
    pages: list[Page] = [((), steps[start : start + STEPS_A_PAGE]) for start in range(0, len(steps), STEPS_A_PAGE)]
    return (why, [], pages) if reasons <= LINES_WITHOUT else ((), [], [(why, []), *pages])


def _lines(text: str, ems: float) -> int:
    return max(1, ceil(width(text) / ems))


def _steps_expected(steps: list[Step]) -> Expected:
    return tuple((f"変更の経過の{column}", cell) for step in steps for column, cell in zip(STEP_COLUMNS, step, strict=True))


def _agree(notice: ChangeNoticeData) -> None:
    """Every way in which the notice says its change is one change."""
    difference = notice.after - notice.before
    for field, found in (
        ("変更前", sum(part.before for part in notice.parts) - notice.before),
        ("変更後", sum(part.after for part in notice.parts) - notice.after),
        ("変更の経過", sum(step.difference for step in notice.steps) - difference),
    ):
        if found:
            reason = "区分ごと、または経過ごとの額の合計が、年額の変更と違います。"
            raise DocumentRefused("inconsistent", reason, field=field, expected=signed(difference), found=signed(difference + found))


def signed(amount: int) -> str:
    """A difference as printed: ＋1,200円, －1,200円, 0円."""
    return f"{'＋' if amount > 0 else '－' if amount < 0 else ''}{abs(amount):,}円"


def _yen(amount: int) -> str:
    return f"{amount:,}円"
