# SPDX-License-Identifier: Apache-2.0
"""What stands on a payment notice, from one immutable record; and what must be read back from it, from the same record.

Law: 高齢者の医療の確保に関する法律 第109条, 第110条; 地方自治法 第231条, 同施行令 第154条 (what a 納入通知書 must say: for what, how much,
by when, where, and the ground of the claim).
"""

from datetime import date
from enum import StrEnum
from typing import Final

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact, Delivery
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field

GROUND: Final = "高齢者の医療の確保に関する法律と市区町村の条例により納めていただく保険料です。"
LATE: Final = "納期限を過ぎると、督促状をお送りし、延滞金をいただくことがあります。納めるのが難しいときは、早めにご相談ください。"


class PaymentMethod(StrEnum):
    """How one instalment is paid."""

    SLIP = "slip"
    ACCOUNT = "account"
    PENSION = "pension"

    @property
    def term(self) -> str:
        return {"slip": "納付書", "account": "口座振替", "pension": "年金から差引き"}[self.value]

    @property
    def advice(self) -> str:
        return {
            "slip": "納付書：同封の納付書で、金融機関かコンビニエンスストアでお納めください。",
            "account": "口座振替：納期限の日に引き落とします。前の日までに残高を確かめてください。",
            "pension": "年金から差引き：年金が支払われるときに差し引きます。手続きはいりません。",
        }[self.value]


class Instalment(BaseModel):
    """期別: one part of the year's premium. `label`: 第1期, or the month of a special collection; `amount` in yen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(min_length=1, max_length=8)
    due_on: date
    amount: int = Field(ge=0)
    method: PaymentMethod


class NoticeData(BaseModel):
    """納入通知書 of one insured person for one fiscal year. `issuer`: who asks for the money, e.g. 千代田区長; amounts in yen.

    `explanation`: one sentence in plain words why this notice comes (first of the year, changed, joined in the year).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery: Delivery
    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    fiscal_year: FiscalYear
    issued_on: date
    issuer: str = Field(min_length=1)
    annual_amount: int = Field(ge=0)
    instalments: tuple[Instalment, ...] = Field(min_length=1, max_length=12)
    explanation: str = Field(min_length=1, max_length=80)
    contact: Contact


def build(notice: NoticeData) -> Sheet:
    """The notice as its template takes it. Raises `DocumentRefused`, also where the instalments are not the annual amount."""
    total = sum(instalment.amount for instalment in notice.instalments)
    if total != notice.annual_amount:
        raise DocumentRefused(
            "inconsistent",
            "期別の合計が年額と違います。",
            field="年額",
            expected=_yen(notice.annual_amount),
            found=_yen(total),
        )
    if any(later.due_on < earlier.due_on for earlier, later in zip(notice.instalments, notice.instalments[1:], strict=False)):
        raise DocumentRefused("inconsistent", "納期限が期の順になっていません。", field="納期限")
    year = format_fiscal_year(notice.fiscal_year)
    title = f"{year}　後期高齢者医療保険料　納入通知書"
    written = (f"{format_day(notice.issued_on)}　発行", notice.issuer)
    facts = (("被保険者番号", notice.insured_number), ("被保険者氏名", notice.name))
    methods = [method.advice for method in PaymentMethod if any(instalment.method is method for instalment in notice.instalments)]
    rows = [(part.label, format_day(part.due_on), part.method.term, _yen(part.amount)) for part in notice.instalments]
    name_font = typefaces().choose_for_name(notice.name, field="被保険者氏名")
    data: dict[str, object] = {
        "title": title,
        "to": notice.delivery.data(),
        "sender": written,
        "amount_label": f"{year}の保険料(年額)",
        "amount": _yen(notice.annual_amount),
        "facts": [{"label": label, "value": value} for label, value in facts[:1]]
        + [{"label": facts[1][0], "value": notice.name, "font": name_font}],
        "explanation": notice.explanation,
        "rows": rows,
        "how": [*methods, GROUND, LATE],
        "contact": notice.contact.data(),
    }
    page: Expected = (
        *notice.delivery.expected(),
        *(("発行者", line) for line in written),
        ("表題", title),
        ("年額の表題", f"{year}の保険料(年額)"),
        ("年額", _yen(notice.annual_amount)),
        *facts,
        ("説明", notice.explanation),
        *((f"{row[0]}の{column}", cell) for row in rows for column, cell in zip(("期別", "納期限", "納め方", "金額"), row, strict=True)),
        ("合計", _yen(total)),
        *(("納め方", line) for line in (*methods, GROUND, LATE)),
        *notice.contact.expected(),
    )
    return Sheet(data, (page,))


def _yen(amount: int) -> str:
    return f"{amount:,}円"
