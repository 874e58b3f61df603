# SPDX-License-Identifier: Apache-2.0
"""What stands on payment slips and on the letter that goes with them: the letter is made from the very slips that it encloses (I-30).

Law: 地方自治法 第231条, 同施行令 第154条 (what whoever pays must be told); 第243条の2 (payment at convenience stores).
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact, Delivery
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field

from collection_service.documents.payment_slip.marks import EL_QR, NONE, OCR_LINES, marked
from collection_service.rules.slip_code import bars, in_groups

A_PAGE: Final = 3
"""Slips on one page."""
PARTS: Final = (
    ("領収証書", "納めた方の控えです。"),
    ("納付書", "金融機関・収納店の控えです。"),
    ("領収済通知書", "市区町村に送ります。"),
)
PREMIUM: Final = "後期高齢者医療保険料"
STAMP: Final = "領収印"


class Slip(BaseModel):
    """納付書 of one instalment. `number`: our own, which names the paper; `code`: the 44 digits, None where no store takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(gt=0)
    label: str = Field(min_length=1, max_length=8)
    due_on: date
    amount: int = Field(gt=0)
    usable_until: date
    code: str | None = Field(default=None, pattern=r"^[0-9]{44}$")
    failed_because: str | None = None
    """Why the debit of this instalment failed; None where it was never to be taken from an account."""


class SlipLetter(BaseModel):
    """The slips of one insured person for one fiscal year. `convenience_limit`: the most that a convenience store takes, yen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery: Delivery
    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    fiscal_year: FiscalYear
    issued_on: date
    issuer: str = Field(min_length=1)
    convenience_limit: int = Field(gt=0)
    slips: tuple[Slip, ...] = Field(min_length=1, max_length=15)
    contact: Contact
    ocr_line: str = NONE
    el_qr: str = NONE


def build(letter: SlipLetter) -> Sheet:
    """The letter and its slips as the template takes them. Raises `DocumentRefused`, also where two slips are for the same instalment."""
    if len({slip.label for slip in letter.slips}) != len(letter.slips):
        raise DocumentRefused("inconsistent", "同じ期の納付書が2枚あります。", field="期別")
    year = format_fiscal_year(letter.fiscal_year)
    title = f"{year}　{PREMIUM}　納付書"
    total = sum(slip.amount for slip in letter.slips)
    written = (f"{format_day(letter.issued_on)}　発行", letter.issuer)
    facts = (("被保険者番号", letter.insured_number), ("被保険者氏名", letter.name))
    rows = [(slip.label, format_day(slip.due_on), _where(slip), _yen(slip.amount)) for slip in letter.slips]
    explanation, notes = explain(letter), tuple(_notes(letter))
    name_font = typefaces().choose_for_name(letter.name, field="被保険者氏名")
    panel = f"同封の納付書{len(letter.slips)}枚の合計"
    strips = [_strip(letter, slip, year) for slip in letter.slips]
    data: dict[str, object] = {
        "title": title,
        "to": letter.delivery.data(),
        "sender": written,
        "amount_label": panel,
        "amount": _yen(total),
        "facts": [{"label": label, "value": value} for label, value in facts],
        "name_font": name_font,
        "explanation": explanation,
        "rows": rows,
        "how": notes,
        "contact": letter.contact.data(),
        "sheets": [strips[at : at + A_PAGE] for at in range(0, len(strips), A_PAGE)],
    }
    cover: Expected = (
        *letter.delivery.expected(),
        *(("発行者", line) for line in written),
        ("表題", title),
        ("合計の表題", panel),
        ("合計", _yen(total)),
        *facts,
        ("説明", explanation),
        *((f"{row[0]}の{column}", cell) for row in rows for column, cell in zip(("期別", "納期限", "納める所", "金額"), row, strict=True)),
        ("合計", _yen(total)),
        *(("納め方", line) for line in notes),
        *letter.contact.expected(),
    )
    pages = [_expected(letter, letter.slips[at : at + A_PAGE], year) for at in range(0, len(letter.slips), A_PAGE)]
    return Sheet(data, (cover, *pages))


def explain(letter: SlipLetter) -> str:
    """Which slips are enclosed and why, from the slips themselves: no sentence can name another month than the paper behind it."""
    first, last = letter.slips[0], letter.slips[-1]
    failed = [slip for slip in letter.slips if slip.failed_because]
    if failed and len(failed) == len(letter.slips):
        which = "、".join(f"{slip.label}({slip.failed_because})" for slip in failed)
        return f"口座振替ができなかった{which}の納付書をお送りします。この納付書で納めてください。"
    if len(letter.slips) == 1:
        return f"{first.label}(納期限{format_day(first.due_on)})の納付書をお送りします。"
    return f"{first.label}(納期限{format_day(first.due_on)})から{last.label}(納期限{format_day(last.due_on)})までの納付書をお送りします。"


def _notes(letter: SlipLetter) -> Iterator[str]:
    yield "納める期の納付書を、三つの票をつなげたまま、金融機関の窓口にお持ちください。"
    if any(slip.code for slip in letter.slips):
        yield "バーコードのある納付書は、使用期限までコンビニエンスストアでも納められます。"
    if any(slip.amount > letter.convenience_limit for slip in letter.slips):
        yield f"1枚の金額が{letter.convenience_limit:,}円を超える納付書にはバーコードがなく、コンビニエンスストアでは納められません。"
    if any(slip.failed_because for slip in letter.slips):
        yield "次の期からは、これまでどおり口座から引き落とします。"
    else:
        yield "口座振替を申し込むと、この納付書は使わなくなります。二重に納めないようご注意ください。"


def _where(slip: Slip) -> str:
    return "金融機関・コンビニ" if slip.code else "金融機関"


def _strip(letter: SlipLetter, slip: Slip, year: str) -> dict[str, object]:
    return {
        "parts": [{"title": title, "note": note} for title, note in PARTS],
        "head": f"{year}　{PREMIUM}",
        "label": slip.label,
        "facts": _facts(letter, slip),
        "name": letter.name,
        "name_font": typefaces().choose_for_name(letter.name, field="被保険者氏名"),
        "amount": _yen(slip.amount),
        "bars": bars(slip.code) if slip.code else [],
        "digits": in_groups(slip.code) if slip.code else [],
        "no_code": _no_code(letter, slip),
        "ocr": marked(slip, letter.ocr_line, OCR_LINES, "OCR行"),
        "qr": marked(slip, letter.el_qr, EL_QR, "eL-QR"),
        "issuer": letter.issuer,
        "stamp": STAMP,
    }


def _facts(letter: SlipLetter, slip: Slip) -> list[tuple[str, str]]:
    return [
        ("納付書番号", f"{slip.number:010}"),
        ("被保険者番号", letter.insured_number),
        ("納期限", format_day(slip.due_on)),
        ("使用期限", format_day(slip.usable_until)),
    ]


def _no_code(letter: SlipLetter, slip: Slip) -> str:
    """In the place of the bar code: why no convenience store takes this slip."""
    if slip.code:
        return ""
    if slip.amount > letter.convenience_limit:
        return f"金額が{letter.convenience_limit:,}円を超えるため、コンビニエンスストアでは納められません。"
    return "コンビニエンスストアでは納められません。"


def _expected(letter: SlipLetter, slips: tuple[Slip, ...], year: str) -> Expected:
    found: list[tuple[str, str]] = []
    for slip in slips:
        for title, note in PARTS:
            found += [("様式", title), ("説明", note), ("表題", f"{year}　{PREMIUM}"), ("期別", slip.label), ("金額", _yen(slip.amount))]
            found += _facts(letter, slip)
            found.append(("被保険者氏名", letter.name))
            if title == PARTS[-1][0]:
                found += [("バーコードの数字", line) for line in in_groups(slip.code)] if slip.code else [("案内", _no_code(letter, slip))]
                found.append(("OCR行", marked(slip, letter.ocr_line, OCR_LINES, "OCR行")))
            found.append(("発行者", letter.issuer))
    return tuple(found)


def _yen(amount: int) -> str:
    return f"{amount:,}円"
