# SPDX-License-Identifier: Apache-2.0
"""What stands on a decision notice and its calculation sheets, and what must be read back from them: both from one immutable record.

Law: 高齢者の医療の確保に関する法律 第104条 (premium), 第128条 and 第130条 (審査請求 before an action); 行政不服審査法 第18条, 第82条.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from math import ceil
from operator import itemgetter
from typing import Final, Literal, Self

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fitting import width
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact, Delivery, appeals
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field, model_validator

PartName = Literal["medical", "child_support"]
PART_TITLES: Final[dict[PartName | None, str]] = {
    "medical": "医療分",
    "child_support": "子ども・子育て支援納付金分",
    None: "所得と軽減",
}
COLUMNS: Final = ("区分", "均等割額", "所得割額", "保険料額")
UNITS: Final = {"yen": "円", "persons": "人", "tenths": "割", "months": "か月"}
PAGE_POINTS: Final = 700.0
"""Height that the tables of one calculation sheet may take; rows and headings are measured from their characters, so that the number of
pages is known before typesetting (a wrong measure makes another page, and the notice is refused)."""
HEADING_POINTS: Final = 52.0
TERM_EMS, FORMULA_EMS, LAW_EMS = 7.5, 24.0, 27.0


class DecisionStep(BaseModel):
    """One step of the calculation, as the rules explain it: `term` = `value` `unit`, by `formula`, under `law`; other keys are left."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    term: str
    formula: str
    value: int | str | bool | None
    unit: str
    law: str
    part: PartName | None = None

    @property
    def result(self) -> str:
        """The value as people read it: 95,100円, 5割, 12か月; 「なし」 where there is none."""
        if self.value is None:
            return "なし"
        if isinstance(self.value, bool):
            return "はい" if self.value else "いいえ"
        return f"{self.value:,}{UNITS.get(self.unit, '')}" if isinstance(self.value, int) else self.value

    @property
    def points(self) -> float:
        """The most height that this row takes: the taller of the term, and the formula with its law in small; and its padding."""
        term, formula, law = (
            max(1, ceil(1.05 * width(text) / ems))
            for text, ems in ((self.term, TERM_EMS), (self.formula, FORMULA_EMS), (self.law, LAW_EMS))
        )
        return max(15.3 * term, 15.3 * formula + 13.4 * law) + 5.0


class PremiumPart(BaseModel):
    """One part of the premium (医療分 or 子ども・子育て支援納付金分), yen; `reduction` as printed (5割), empty where there is none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    part: PartName
    per_capita_after_reduction: int = Field(ge=0)
    reduction: str = ""
    income_levy: int = Field(ge=0)
    amount: int = Field(ge=0)


class DecisionNoticeData(BaseModel):
    """保険料額決定通知書 of one insured person for one fiscal year; yen. `review_board`: where an appeal goes (○○都後期高齢者医療審査会).

    `household_total`: the premiums of everybody insured in the household, None where it is not to be shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery: Delivery
    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    fiscal_year: FiscalYear
    issued_on: date
    issuer: str = Field(min_length=1)
    review_board: str = Field(min_length=1)
    explanation: str = Field(min_length=1, max_length=120)
    annual_amount: int = Field(ge=0)
    parts: tuple[PremiumPart, ...] = Field(min_length=1, max_length=2)
    household_total: int | None = Field(default=None, ge=0)
    steps: tuple[DecisionStep, ...] = Field(min_length=1)
    contact: Contact

    @model_validator(mode="after")
    def _each_part_once(self) -> Self:
        if len({part.part for part in self.parts}) != len(self.parts):
            raise ValueError("同じ区分の保険料が二つあります。区分を確かめてください。")
        return self


def build(notice: DecisionNoticeData) -> Sheet:
    """The notice as its template takes it. Raises `DocumentRefused`, also where the parts or the last step are not the annual amount."""
    _agree(notice)
    year = format_fiscal_year(notice.fiscal_year)
    title = f"{year}　後期高齢者医療保険料額決定通知書"
    written = (f"{format_day(notice.issued_on)}　発行", notice.issuer)
    facts = [("被保険者番号", notice.insured_number), ("被保険者氏名", notice.name)]
    if notice.household_total is not None:
        facts.append(("世帯の保険料の合計", _yen(notice.household_total)))
    rows = [part_row(part) for part in notice.parts]
    advice = appeals(notice.review_board)
    name_font = typefaces().choose_for_name(notice.name, field="被保険者氏名")
    sheets = list(sheets_of(titled(notice.steps)))
    data: dict[str, object] = {
        "title": title,
        "to": notice.delivery.data(),
        "sender": written,
        "amount_label": f"{year}の保険料(年額)",
        "amount": _yen(notice.annual_amount),
        "facts": [{"label": label, "value": value} | ({"font": name_font} if label == "被保険者氏名" else {}) for label, value in facts],
        "explanation": notice.explanation,
        "rows": rows,
        "appeals": advice,
        "contact": notice.contact.data(),
        "sheet_title": f"{year}　後期高齢者医療保険料　計算明細書",
        "insured": f"被保険者番号　{notice.insured_number}",
        "sheets": [sheet_data(sheet) for sheet in sheets],
    }
    first: Expected = (
        *notice.delivery.expected(),
        *(("発行者", line) for line in written),
        ("表題", title),
        ("年額の表題", f"{year}の保険料(年額)"),
        ("年額", _yen(notice.annual_amount)),
        *(pair for pair in facts),
        ("説明", notice.explanation),
        *(
            (f"{row[0]}の{column}", cell)
            for row in rows
            for column, cell in zip(("区分", "均等割額", "所得割額", "保険料額"), row, strict=True)
        ),
        ("合計", _yen(notice.annual_amount)),
        *(("不服の申立て", line) for line in advice),
        *notice.contact.expected(),
    )
    head = (("表題", str(data["sheet_title"])), ("被保険者番号", str(data["insured"])))
    return Sheet(data, (first, *((*head, *sheet_expected(sheet)) for sheet in sheets)))


def _agree(notice: DecisionNoticeData) -> None:
    """The three ways in which the notice says its amount are one amount."""
    decided = _yen(notice.annual_amount)
    total = sum(part.amount for part in notice.parts)
    if total != notice.annual_amount:
        reason = "区分ごとの保険料の合計が年額と違います。"
        raise DocumentRefused("inconsistent", reason, field="年額", expected=decided, found=_yen(total))
    last = notice.steps[-1]
    if last.value != notice.annual_amount:
        reason = "計算明細の最後の額が年額と違います。"
        raise DocumentRefused("inconsistent", reason, field="計算明細", expected=decided, found=last.result)


def part_row(part: PremiumPart) -> tuple[str, str, str, str]:
    """A line of the table of parts: 区分, 均等割額 with its reduction, 所得割額, 保険料額."""
    reduced = (
        f"{_yen(part.per_capita_after_reduction)}（{part.reduction}軽減）" if part.reduction else _yen(part.per_capita_after_reduction)
    )
    return PART_TITLES[part.part], reduced, _yen(part.income_levy), _yen(part.amount)


Section = tuple[str, list[DecisionStep]]


def sheets_of(steps: Iterable[tuple[str, DecisionStep]]) -> Iterator[list[Section]]:
    """Steps with their headings in pages, and on each page in sections; a section that goes on names its heading again."""
    page: list[Section] = []
    used = 0.0
    for part, of_part in groupby(steps, key=itemgetter(0)):
        for position, (_, step) in enumerate(of_part):
            heading = HEADING_POINTS if position == 0 else 0.0
            if page and used + heading + step.points > PAGE_POINTS:
                yield page
                page, used, heading = [], 0.0, HEADING_POINTS
            if heading:
                page.append((part, []))
            page[-1][1].append(step)
            used += heading + step.points
    yield page


def sheet_data(sheet: list[Section]) -> list[dict[str, object]]:
    """A page of steps as `calculation-steps` of the forms package takes it."""
    return [
        {
            "part": part,
            "steps": [{"term": step.term, "formula": step.formula, "law": step.law, "result": step.result} for step in steps],
        }
        for part, steps in sheet
    ]


def sheet_expected(sheet: list[Section]) -> Expected:
    """What must be read back of a page of steps."""
    return tuple(
        (f"{step.term}の{column}", text)
        for _, steps in sheet
        for step in steps
        for column, text in (("項目", step.term), ("計算", step.formula), ("根拠", step.law), ("結果", step.result))
    )


def titled(steps: tuple[DecisionStep, ...]) -> Iterator[tuple[str, DecisionStep]]:
    """Each step with the heading it stands under: what comes after the parts is the whole."""
    parts_began = False
    for step in steps:
        parts_began = parts_began or step.part is not None
        yield "年間保険料額" if parts_began and step.part is None else PART_TITLES[step.part], step


def _yen(amount: int) -> str:
    return f"{amount:,}円"
