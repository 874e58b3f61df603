# SPDX-License-Identifier: Apache-2.0
"""What stands on a card, from one immutable record; and what must be read back from it, from the same record.

Form: 縦128ミリ × 横91ミリ, 有効期限, 被保険者番号, 住所, 氏名, 生年月日, 資格取得年月日, 発効期日, 交付年月日, 一部負担金の割合, 保険者番号
並びに保険者の名称及び印 (高齢者の医療の確保に関する法律施行規則の様式; size and items as printed by several unions).
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal, Self

from chassis.documents import GOTHIC, MOJI_JOHO, DocumentRefused, Expected, Sheet, fit
from chassis.documents.fonts import typefaces
from chassis.documents.glyphs import mark_of_image
from chassis.documents.letter import Contact, Delivery
from contracts.eras import format_day
from contracts.primitives import InsuredNumber, InsurerNumber, Sex
from pydantic import BaseModel, ConfigDict, Field, model_validator

from eligibility_service.documents.card import qr

ROOM: Final = 162.0
"""Points from the left edge of the values to the right edge of the card's lines."""
NAME_SIZES: Final = ((19.0, 1), (16.0, 1), (13.0, 1), (11.0, 2), (9.0, 2), (7.0, 3), (5.5, 4))
KANA_SIZES: Final = ((9.0, 1), (7.0, 1), (5.0, 2))
ADDRESS_SIZES: Final = ((12.0, 2), (11.0, 2), (10.0, 2), (9.5, 2), (10.0, 3), (9.0, 3), (8.0, 4), (7.0, 5), (6.0, 6))
WITHHELD: Final = "（記載を省略しています）"
UNDECIDED: Final = "判定中"
"""一部負担金の割合 before it is decided: no figure that the law has not given yet."""


@dataclass(frozen=True, slots=True)
class CardKind:
    """The document that the law gives an insured person from `starts_on`."""

    starts_on: date
    title: str
    law: str


KINDS: Final = (
    CardKind(date(2008, 4, 1), "後期高齢者医療被保険者証", "高齢者の医療の確保に関する法律 第54条（令和6年12月2日前）"),
    CardKind(date(2024, 12, 2), "後期高齢者医療資格確認書", "高齢者の医療の確保に関する法律 第54条（令和6年12月2日施行）"),
)

COLOURS: Final = (("藤", "#5a4a86", "#f4f1fa"), ("若草", "#3f6b2e", "#f1f8ec"), ("桃", "#96405a", "#fdf1f4"), ("空", "#245f87", "#eef6fb"))
"""The colour of the year, so that an expired card is seen at a glance: name, lines, paper; in turn by the year in which it expires."""


NOTES: Final = (
    "ほかの人に貸すこと、書き換えることはできません。",
    "住所や氏名が変わったとき、ほかの都道府県へ引っ越すときは、お住まいの市区町村に届け出てください。",
    "なくしたとき、汚して読めなくなったときは、下の問い合わせ先にお知らせください。もう一度お作りします。",
)
NOTE_UNDECIDED: Final = "一部負担金の割合は、いま判定しています。決まりましたら、割合を書いたものをあらためてお送りします。"
CHECKS: Final = (
    "氏名、生年月日、住所に誤りはありませんか。",
    "一部負担金の割合は、医療機関や薬局の窓口で払っていただく割合です。",
    "有効期限を過ぎた古いものは、細かく切って捨てるか、お返しください。",
    "誤りがあるときは、下の問い合わせ先にお電話ください。",
)


class CardData(BaseModel):
    """One card. `valid_through` is the last day it is good for, as printed; `copay_rate` None while it is not decided.

    `address`: one to three lines; with `address_withheld` (支援措置) none is ever printed. `born_on_unknown_text` replaces the birthday
    where the resident record has no complete one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    insured_number: InsuredNumber
    name: str = Field(min_length=1)
    kana: str = ""
    sex: Sex
    born_on: date
    born_on_unknown_text: str = ""
    address: tuple[str, ...] = Field(default=(), max_length=3)
    address_withheld: bool = False
    acquired_on: date
    issued_on: date
    valid_from: date
    valid_through: date
    copay_rate: Literal["1割", "2割", "3割"] | None = None
    insurer_number: InsurerNumber
    insurer_name: str = Field(min_length=1)
    serial: str = Field(min_length=1, max_length=24)

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if not self.acquired_on <= self.valid_from <= self.valid_through:
            raise ValueError("資格取得年月日・発効期日・有効期限がこの順になっていません。日付を確かめてください。")
        if not (self.address or self.address_withheld):
            raise ValueError("住所がありません。住所を入れるか、記載の省略を指定してください。")
        return self


class CardLetterData(BaseModel):
    """The letter that brings a card. `delivery` is where it goes: under 支援措置 the place the person named, never the ledger's address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    card: CardData
    delivery: Delivery
    contact: Contact


def kind_on(issued_on: date) -> CardKind:
    """The kind of card issued on a day. Raises `DocumentRefused` before the scheme began (2008-04-01)."""
    for kind in reversed(KINDS):
        if kind.starts_on <= issued_on:
            return kind
    raise DocumentRefused("inconsistent", f"交付年月日 {issued_on.isoformat()} は制度の開始(2008-04-01)より前です。", field="交付年月日")


def form_of(card: CardData) -> dict[str, str]:
    """The empty form under a card: its title and its colour of the year."""
    name, deep, pale = COLOURS[card.valid_through.year % len(COLOURS)]
    title = kind_on(card.issued_on).title
    return {"name": f"{title} {name} {card.insurer_name}", "title": title, "deep": deep, "pale": pale, "insurer_name": card.insurer_name}


def build(card: CardData) -> Sheet:
    """The card as its template takes it. Raises `DocumentRefused` for a character no font shows, a placeholder, or a text without room."""
    faces = typefaces()
    address = WITHHELD if card.address_withheld else "\n".join(card.address)
    days = {name: _shown(getattr(card, name)) for name in ("valid_through", "acquired_on", "valid_from", "issued_on")}
    born_on = card.born_on_unknown_text or _shown(card.born_on)
    rate = card.copay_rate or UNDECIDED
    sex = "" if card.sex is Sex.UNKNOWN else card.sex.term
    form, code = form_of(card), qr.modules(card.insured_number)
    data: dict[str, object] = {
        "form": form,
        **days,
        "insured_number": card.insured_number,
        "address": _fitted(address, "住所", ADDRESS_SIZES, faces.choose(address.replace("\n", ""), field="住所")),
        "kana": _fitted(card.kana, "フリガナ", KANA_SIZES, faces.choose(card.kana, field="フリガナ", families=(GOTHIC, MOJI_JOHO))),
        "name": _fitted(card.name, "氏名", NAME_SIZES, faces.choose_for_name(card.name)),
        "born_on": born_on,
        "sex": sex,
        "copay": {"text": rate, "size": 24 if card.copay_rate else 16},
        "insurer_number": card.insurer_number,
        "code": list(code),
        "serial": card.serial,
    }
    page: Expected = (
        ("表題", form["title"]),
        ("保険者の名称", card.insurer_name),
        ("有効期限", days["valid_through"]),
        ("被保険者番号", card.insured_number),
        ("住所", address),
        ("フリガナ", card.kana),
        ("氏名", card.name),
        ("生年月日", born_on),
        ("性別", sex),
        ("資格取得年月日", days["acquired_on"]),
        ("発効期日", days["valid_from"]),
        ("交付年月日", days["issued_on"]),
        ("一部負担金の割合", rate),
        ("保険者番号", card.insurer_number),
        ("二次元コード", mark_of_image(code)),
        ("記号番号", card.serial),
    )
    return Sheet(data, (page,))


_shown = lru_cache(maxsize=65536)(format_day)


def _fitted(text: str, field: str, sizes: tuple[tuple[float, int], ...], font: str) -> dict[str, object]:
    return fit(text, field=field, room=ROOM, sizes=sizes, font=font).data()


def build_letter(letter: CardLetterData) -> Sheet:
    """The letter with the card in it. Raises `DocumentRefused` as `build` does."""
    card = build(letter.card)
    kind = kind_on(letter.card.issued_on)
    title = f"{kind.title}をお送りします"
    written = (f"{_shown(letter.card.issued_on)}　発行", letter.card.insurer_name)
    lead = f"あなたの{kind.title}をお送りします。下の点線で切り取り、医療機関や薬局の窓口でお見せください。"
    notes = (
        f"有効期限は{_shown(letter.card.valid_through)}です。期限を過ぎたものは使えません。",
        *(() if letter.card.copay_rate else (NOTE_UNDECIDED,)),
        *NOTES,
    )
    data: dict[str, object] = {
        "title": title,
        "to": letter.delivery.data(),
        "sender": written,
        "lead": lead,
        "card": card.data,
        "notes": notes,
        "checks": CHECKS,
        "contact": letter.contact.data(),
    }
    page: Expected = (
        *letter.delivery.expected(),
        *(("発行者", line) for line in written),
        ("表題", title),
        ("本文", lead),
        *(("注意", line) for line in notes),
        *card.pages[0],
        *(("確認", line) for line in CHECKS),
        *letter.contact.expected(),
    )
    return Sheet(data, (page,))
