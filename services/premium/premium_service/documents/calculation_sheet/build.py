# SPDX-License-Identifier: Apache-2.0
"""What stands on a calculation sheet, and what must be read back from it: both from one immutable record."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fonts import typefaces
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from premium_service.documents.decision_notice.build import (
    DecisionStep,
    PremiumPart,
    part_row,
    sheet_data,
    sheet_expected,
    sheets_of,
    titled,
)
from premium_service.documents.decision_notice.of_decision import printed_part
from premium_service.documents.offices import not_fitting
from premium_service.domain.changes import RUN

MOST_MISSING = 8
"""Sentences about what is not known that page 1 has room for."""


class CalculationSheetData(BaseModel):
    """計算明細書 of one decision; yen. `reasons`: why it differs from the decision before, empty for the first one.

    `known_on`: the day whose knowledge was asked for, None where the decision itself was; `edition`: what it was computed with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    fiscal_year: FiscalYear
    revision: int = Field(ge=1)
    decided_on: date
    known_on: date | None
    annual_amount: int = Field(ge=0)
    parts: tuple[PremiumPart, ...] = Field(min_length=1, max_length=2)
    reasons: tuple[DecisionStep, ...]
    steps: tuple[DecisionStep, ...] = Field(min_length=1)
    missing: tuple[str, ...]
    edition: tuple[str, ...]


def sheet_of(
    decision: Mapping[str, Any], why: Mapping[str, Any] | None, insured_number: str, name: str, *, known_on: date | None
) -> CalculationSheetData:
    """The record from a decision and its change as the screens show them. Raises `DocumentRefused`."""
    trace = decision["trace"]
    try:
        return CalculationSheetData(
            insured_number=insured_number,
            name=name,
            fiscal_year=decision["fiscal_year"],
            revision=decision["revision"],
            decided_on=decision["decided_on"],
            known_on=known_on,
            annual_amount=decision["annual_amount"],
            parts=tuple(printed_part(part) for part in decision["parts"]),
            reasons=tuple(_reasons(why)),
            steps=tuple(DecisionStep.model_validate(step | {"law": _basis(step)}) for step in decision["steps"]),
            missing=tuple(trace["missing"]),
            edition=(
                f"決定番号　{decision['assessment_id']}",
                f"計算規則の版　{trace['rules_version']}　　記録の形式　{trace['format']}",
                f"法令・料率の版　{trace['law_hash'][:16]}　　計算のもととした記録　{trace['run_id'][:18]}・{trace['household']}",
            ),
        )
    except ValidationError as invalid:
        raise not_fitting(invalid) from invalid


def _basis(step: Mapping[str, Any]) -> str:
    """Rounding, article, and whether a number of the law is still provisional."""
    rounding = f"端数: {step['rounding']}。" if step.get("rounding") else ""
    return f"{rounding}{step['law']}" + ("【暫定】" if step.get("provisional") else "")


def _reasons(why: Mapping[str, Any] | None) -> Iterator[DecisionStep]:
    """Before, each cause with its yen, and after."""
    if why is None:
        return
    before, after = why["before"], why["after"]
    day = format_day(date.fromisoformat(before["decided_on"]))
    yield DecisionStep(term="前の決定", formula=f"{day}の決定", value=before["annual_amount"], unit="yen", law="決定通知書でお知らせした額")
    for cause in why["causes"]:
        yield DecisionStep(
            term="理由", formula=cause["text"], value=f"{cause['yen']:+,}円", unit="yen", law="、".join(cause["events"]) or RUN
        )
    if not why["explained"]:
        text = "法令・料率の登録が変わったため、理由ごとの額に分けられません。"
        yield DecisionStep(term="理由", formula=text, value=f"{why['difference']:+,}円", unit="yen", law="二つの決定の差")
    yield DecisionStep(
        term="今回の決定", formula="前の決定に、理由ごとの増減を加えた額", value=after["annual_amount"], unit="yen", law="この決定の額"
    )


def build(sheet: CalculationSheetData) -> Sheet:
    """The sheet as its template takes it. Raises `DocumentRefused`, also where the last step is not the annual amount."""
    decided = f"{sheet.annual_amount:,}円"
    if sheet.steps[-1].value != sheet.annual_amount or sum(part.amount for part in sheet.parts) != sheet.annual_amount:
        reason = "計算明細の最後の額か、区分ごとの保険料の合計が年額と違います。"
        raise DocumentRefused("inconsistent", reason, field="計算明細", expected=decided, found=sheet.steps[-1].result)
    year = format_fiscal_year(sheet.fiscal_year)
    title = f"{year}　後期高齢者医療保険料　計算明細書"
    insured = f"被保険者番号　{sheet.insured_number}"
    facts = [("被保険者番号", sheet.insured_number), ("被保険者氏名", sheet.name), ("決定日", format_day(sheet.decided_on))]
    facts.append(("決定の回数", "当初決定" if sheet.revision == 1 else f"{sheet.revision - 1}回目の変更"))
    if sheet.known_on:
        facts.append(("この日までの記録による", format_day(sheet.known_on)))
    fonts = {"被保険者氏名": typefaces().choose_for_name(sheet.name, field="被保険者氏名")}
    explanation = (
        f"{year}の保険料が、どの額から、どの計算で決まったかを、次のページから一つずつ示します。この明細書は通知書ではありません。"
    )
    missing = [*sheet.missing[:MOST_MISSING]]
    if len(sheet.missing) > MOST_MISSING:
        missing.append(f"ほかに{len(sheet.missing) - MOST_MISSING}件あります。画面で確かめてください。")
    rows = [part_row(part) for part in sheet.parts]
    reasons = (("前の決定から変わった理由", reason) for reason in sheet.reasons)
    pages = list(sheets_of([*reasons, *titled(sheet.steps)]))
    data: dict[str, object] = {
        "title": title,
        "insured": insured,
        "amount_label": f"{year}の保険料(年額)",
        "amount": decided,
        "facts": [{"label": label, "value": value} | ({"font": fonts[label]} if label in fonts else {}) for label, value in facts],
        "rows": rows,
        "explanation": explanation,
        "missing": missing,
        "edition": list(sheet.edition),
        "sheets": [sheet_data(page) for page in pages],
    }
    first: Expected = (
        ("表題", title),
        ("年額の表題", str(data["amount_label"])),
        ("年額", decided),
        *facts,
        *(("区分ごとの額", cell) for row in rows for cell in row),
        ("合計", decided),
        ("説明", explanation),
        *(("確認できていないこと", sentence) for sentence in missing),
        *(("計算の版", line) for line in sheet.edition),
    )
    head = (("表題", title), ("被保険者番号", insured))
    return Sheet(data, (first, *((*head, *sheet_expected(page)) for page in pages)))
