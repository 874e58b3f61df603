# SPDX-License-Identifier: Apache-2.0
"""What stands on a letter about arrears, and what must be read back from it: both from one immutable record.

Law: 高齢者の医療の確保に関する法律 第113条; 地方自治法 第231条の3 (督促, 手数料, 延滞金, 滞納処分); 法 第128条 and 第130条 (審査請求).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final, Literal

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact, Delivery, appeals
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field

LetterKind = Literal["demand", "reminder"]
MOST_ROWS: Final = 7
"""Instalments that a page has room for; of more, those of one fiscal year stand in one row."""
PAID_ALREADY: Final = "この書面と行き違いで納めておられるときは、お許しください。"
LATER: Final = "別途"
"""延滞金 on a demand: it is counted on the day of payment."""
HARD: Final = "病気や災害などで納めることが難しいときは、そのままにせず、早めにご相談ください。"


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words of a letter. `pay_by` is filled in."""

    title: str
    amount_label: str
    lead: str
    notes: tuple[str, ...]
    is_decision: bool


WORDS: Final[dict[LetterKind, Words]] = {
    "demand": Words(
        "後期高齢者医療保険料　督促状",
        "納めていただく額",
        "納期限を過ぎても、次の保険料の納付を確かめられません。{pay_by}までに納めてください。",
        ("指定の期限までに納められないときは、財産の調査や差押えなどの滞納処分を行うことがあります。",
         "延滞金は、納付の日までの日数に応じて計算し、あとでお知らせします。",
         PAID_ALREADY, HARD),
        is_decision=True,
    ),
    "reminder": Words(
        "後期高齢者医療保険料　催告書",
        "納めていただく額",
        "たびたびお願いしていますが、次の保険料が納められていません。{pay_by}までに納めてください。",
        ("指定の期限までに納められないときや、ご連絡がないときは、財産の調査や差押えなどの滞納処分を行います。",
         "延滞金は、この書面を作成した日までの額です。納付の日までさらに増えます。",
         PAID_ALREADY, HARD),
        is_decision=False,
    ),
}  # fmt: skip


class Owed(BaseModel):
    """One instalment that is overdue, in yen. `label`: 第1期."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fiscal_year: FiscalYear
    label: str = Field(min_length=1, max_length=8)
    due_on: date
    unpaid: int = Field(ge=0)
    fee: int = Field(ge=0)
    late_charge: int = Field(ge=0)


class ArrearsLetter(BaseModel):
    """督促状 or 催告書 to one person; `pay_by`: the last day of payment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: LetterKind
    delivery: Delivery
    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    owed: tuple[Owed, ...] = Field(min_length=1)
    pay_by: date
    issued_on: date
    issuer: str = Field(min_length=1)
    contact: Contact
    review_board: str = Field(min_length=1)


def build(letter: ArrearsLetter) -> Sheet:
    """The letter as its template takes it. Raises `DocumentRefused`, also for a letter that asks for nothing."""
    words = WORDS[letter.kind]
    sums = (sum(one.unpaid for one in letter.owed), sum(one.fee for one in letter.owed), sum(one.late_charge for one in letter.owed))
    if sum(sums) == 0:
        raise DocumentRefused("inconsistent", "納めていただく額がありません。", field="納めていただく額")
    if letter.kind == "demand" and sums[2]:
        raise DocumentRefused("inconsistent", "督促状では延滞金を納めていただきません。", field="延滞金", found=f"{sums[2]:,}円")
    sender = (f"{format_day(letter.issued_on)}　発行", letter.issuer)
    facts = [("被保険者番号", letter.insured_number), ("被保険者氏名", letter.name), ("納付の期限", format_day(letter.pay_by))]
    name_font = typefaces().choose_for_name(letter.name, field="被保険者氏名")
    amount, lead = f"{sum(sums):,}円", words.lead.format(pay_by=format_day(letter.pay_by))
    late = LATER if letter.kind == "demand" else None
    rows = list(_rows(letter.owed, late))
    totals = [*(f"{each:,}円" for each in sums[:2]), late or f"{sums[2]:,}円"]
    advice = appeals(letter.review_board) if words.is_decision else ()
    data: dict[str, object] = {
        "title": words.title,
        "to": letter.delivery.data(),
        "sender": sender,
        "amount_label": words.amount_label,
        "amount": amount,
        "facts": [{"label": label, "value": value} | ({"font": name_font} if label == "被保険者氏名" else {}) for label, value in facts],
        "lead": lead,
        "rows": rows,
        "totals": totals,
        "notes": words.notes,
        "appeals": advice,
        "contact": letter.contact.data(),
    }
    page: Expected = (
        *letter.delivery.expected(),
        *(("発行者", line) for line in sender),
        ("表題", words.title),
        ("額の表題", words.amount_label),
        ("額", amount),
        *facts,
        ("本文", lead),
        *((row[0], cell) for row in rows for cell in row),
        *(("合計", cell) for cell in totals),
        *(("お知らせ", line) for line in words.notes),
        *(("不服の申立て", line) for line in advice),
        *letter.contact.expected(),
    )
    return Sheet(data, (page,))


def _rows(owed: tuple[Owed, ...], late: str | None) -> Iterable[tuple[str, str, str, str, str]]:
    """An instalment a row; where they are too many for the page, a fiscal year a row. `late`: words in the place of the late charge."""
    if len(owed) <= MOST_ROWS:
        for one in owed:
            yield _row(f"{format_fiscal_year(one.fiscal_year)}{one.label}", format_day(one.due_on), [one], late)
        return
    for year, of_year in groupby(sorted(owed, key=lambda one: one.due_on), key=lambda one: one.fiscal_year):
        found = list(of_year)
        yield _row(f"{format_fiscal_year(year)}（{len(found)}期分）", f"{format_day(found[0].due_on)}から", found, late)


def _row(label: str, due: str, owed: list[Owed], late_words: str | None) -> tuple[str, str, str, str, str]:
    unpaid, fee, late = (sum(getattr(one, name) for one in owed) for name in ("unpaid", "fee", "late_charge"))
    return label, due, f"{unpaid:,}円", f"{fee:,}円", late_words or f"{late:,}円"
