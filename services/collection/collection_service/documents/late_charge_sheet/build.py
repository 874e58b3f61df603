# SPDX-License-Identifier: Apache-2.0
"""What stands on a late charge sheet, and what must be read back from it: both from one immutable record.

Law: 市町村の後期高齢者医療に関する条例（延滞金）; the numbers of each step name theirs.
"""

from datetime import date
from typing import Final

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact
from chassis.law.steps import Step
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field

STEPS_OF_THE_FIRST_PAGE: Final = 5
STEPS_A_PAGE: Final = 8
"""A step takes up to four lines of its term, or of its formula and its article."""
EXPLANATION: Final = "納期限の翌日から納付の日までの日数に応じて計算した額です。各日の割合は、その日が属する年の割合です。"
PROVISIONAL: Final = "【暫定】この計算には、担当者がまだ確かめていない法定数値が含まれています。"


class SheetStep(BaseModel):
    """計算の一段 as it is printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: str
    formula: str
    result: str
    law: str

    @classmethod
    def of(cls, step: Step) -> "SheetStep":
        """A step of the rules as people read it: rounding and article under the formula."""
        result = f"{step.value:,}円" if isinstance(step.value, int) else f"{step.value}円"
        rounding = f"端数: {step.rounding}。" if step.rounding else ""
        return cls(term=step.term, formula=step.formula, result=result, law=f"{rounding}{step.law}")


class LateChargeSheet(BaseModel):
    """延滞金計算書 of one instalment (`label`: 第1期), counted up to `until`; yen. `provisional`: a number of it is not confirmed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    fiscal_year: FiscalYear
    label: str = Field(min_length=1, max_length=8)
    due_on: date
    charged: int = Field(ge=0)
    unpaid: int = Field(ge=0)
    until: date
    late_charge: int = Field(ge=0)
    paid: int = Field(ge=0)
    steps: tuple[SheetStep, ...] = Field(min_length=2)
    provisional: bool
    made_on: date
    issuer: str
    contact: Contact


def build(sheet: LateChargeSheet) -> Sheet:
    """The sheet as its template takes it. Raises `DocumentRefused`, also where the last step is not the late charge."""
    amount = f"{sheet.late_charge:,}円"
    if sheet.steps[-1].result != amount:
        raise DocumentRefused(
            "inconsistent", "計算の最後の額が延滞金と違います。", field="延滞金", expected=amount, found=sheet.steps[-1].result
        )
    title = "後期高齢者医療保険料　延滞金計算書"
    year = format_fiscal_year(sheet.fiscal_year)
    sender = (f"{format_day(sheet.made_on)}　作成", sheet.issuer)
    facts = [
        ("被保険者番号", sheet.insured_number),
        ("被保険者氏名", sheet.name),
        ("納期限", format_day(sheet.due_on)),
        ("この日までの計算", format_day(sheet.until)),
        ("期別の額", f"{sheet.charged:,}円"),
        ("未納の保険料", f"{sheet.unpaid:,}円"),
        ("納めた延滞金", f"{sheet.paid:,}円"),
    ]
    name_font = typefaces().choose_for_name(sheet.name, field="被保険者氏名")
    amount_label = f"{year}{sheet.label}の延滞金"
    explanation = (EXPLANATION, PROVISIONAL) if sheet.provisional else (EXPLANATION,)
    whose = f"被保険者番号　{sheet.insured_number}　{year}{sheet.label}"
    first, rest = sheet.steps[:STEPS_OF_THE_FIRST_PAGE], sheet.steps[STEPS_OF_THE_FIRST_PAGE:]
    pages = [first, *(rest[start : start + STEPS_A_PAGE] for start in range(0, len(rest), STEPS_A_PAGE))]
    data: dict[str, object] = {
        "title": title,
        "sender": sender,
        "amount_label": amount_label,
        "amount": amount,
        "facts": [{"label": label, "value": value} | ({"font": name_font} if label == "被保険者氏名" else {}) for label, value in facts],
        "explanation": explanation,
        "whose": whose,
        "pages": [{"part": "計算の内訳", "steps": [step.model_dump() for step in page]} for page in pages],
        "contact": sheet.contact.data(),
    }
    head: Expected = (
        ("表題", title),
        *(("作成", line) for line in sender),
        ("延滞金の表題", amount_label),
        ("延滞金", amount),
        *facts,
        *(("説明", sentence) for sentence in explanation),
    )
    last = sheet.contact.expected()
    expected = [(*(head if number == 0 else (("表題", title), ("対象", whose))), *_of(page)) for number, page in enumerate(pages)]
    return Sheet(data, (*expected[:-1], (*expected[-1], *last)))


def _of(page: tuple[SheetStep, ...]) -> Expected:
    return tuple(
        (f"{step.term}の{column}", text)
        for step in page
        for column, text in (("項目", step.term), ("計算", step.formula), ("根拠", step.law), ("結果", step.result))
    )
