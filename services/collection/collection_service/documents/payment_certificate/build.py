# SPDX-License-Identifier: Apache-2.0
"""What stands on a payment certificate, from one immutable record; and what must be read back from it, from the same record.

Law: 所得税法 第74条 and 地方税法 第34条 第1項 第3号 (社会保険料控除: what was paid in the calendar year, by the one who paid it; what is
taken from a pension was paid by the pensioner).
"""

from datetime import date
from typing import Final

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear
from pydantic import BaseModel, ConfigDict, Field

TITLE: Final = "後期高齢者医療保険料　納付証明書"
HANDED_OVER: Final = "（窓口でお渡しするもの）"
SPECIAL: Final = "特別徴収（年金からの差引き）"
ORDINARY: Final = "普通徴収（納付書・口座振替など）"
NOTES: Final = (
    "社会保険料控除の対象になるのは、実際に保険料を納めた方です。年金から差し引かれた保険料は、年金を受けている本人が納めたものです。",
    "延滞金と督促手数料は、この額に含みません。",
    "年の途中で過誤納となった額は、差し引いてあります。",
)


class PaidPart(BaseModel):
    """What was paid of the premium of one fiscal year, yen: from the pension (`special`) and otherwise (`ordinary`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fiscal_year: FiscalYear
    special: int = Field(ge=0)
    ordinary: int = Field(ge=0)


class CertificateData(BaseModel):
    """納付証明書 of one person for the calendar year `year`. It is handed over at the window, so that no address stands on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=16)
    insured_number: str
    year: int = Field(ge=2008, le=9998)
    parts: tuple[PaidPart, ...] = Field(min_length=1, max_length=12)
    counted_on: date
    issuer: str = Field(min_length=1)
    contact: Contact


def build(certificate: CertificateData) -> Sheet:
    """The certificate as its template takes it. Raises `DocumentRefused` for a character without a shape, and where nothing was paid."""
    total = sum(part.special + part.ordinary for part in certificate.parts)
    if not total:
        raise DocumentRefused("inconsistent", "この年に納めた保険料がありません。", field="納付額")
    sender = (f"{format_day(certificate.counted_on)}　発行", certificate.issuer)
    first = format_day(date(certificate.year, 1, 1))
    until = format_day(min(certificate.counted_on, date(certificate.year, 12, 31)))
    lead = f"{first}から{until}までに納付された保険料の額を、次のとおり証明します。"
    rows = [
        (format_fiscal_year(part.fiscal_year), method, _yen(amount))
        for part in certificate.parts
        for method, amount in ((SPECIAL, part.special), (ORDINARY, part.ordinary))
        if amount
    ]
    facts = (("被保険者番号", certificate.insured_number), ("被保険者氏名", certificate.name))
    data: dict[str, object] = {
        "title": TITLE,
        "handed_over": HANDED_OVER,
        "sender": sender,
        "amount_label": f"{first.removesuffix('1月1日')}の納付額",
        "amount": _yen(total),
        "facts": [
            {"label": facts[0][0], "value": facts[0][1]},
            {"label": facts[1][0], "value": facts[1][1], "font": typefaces().choose_for_name(certificate.name, field="被保険者氏名")},
        ],
        "lead": lead,
        "rows": rows,
        "notes": NOTES,
        "contact": certificate.contact.data(),
    }
    page: Expected = (
        ("宛先", HANDED_OVER),
        *(("発行者", line) for line in sender),
        ("表題", TITLE),
        ("納付額の表題", f"{first.removesuffix('1月1日')}の納付額"),
        ("納付額", _yen(total)),
        *facts,
        ("本文", lead),
        *((f"{row[0]}の{column}", cell) for row in rows for column, cell in zip(("年度", "納め方", "金額"), row, strict=True)),
        ("合計", _yen(total)),
        *(("お知らせ", line) for line in NOTES),
        *certificate.contact.expected(),
    )
    return Sheet(data, (page,))


def _yen(amount: int) -> str:
    return f"{amount:,}円"
