# SPDX-License-Identifier: Apache-2.0
"""What stands on a card, from one immutable record; and what must be read back from it, from the same record.

Form: 縦128ミリ × 横91ミリ, 有効期限, 被保険者番号, 住所, 氏名, 生年月日, 資格取得年月日, 発効期日, 交付年月日, 一部負担金の割合, 保険者番号
並びに保険者の名称及び印 (高齢者の医療の確保に関する法律施行規則の様式; size and items as printed by several unions). On application the
資格確認書 also shows 適用区分, its 発効期日 and 長期入院該当年月日.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from chassis.documents import DocumentRefused, Expected, Sheet, fit
from chassis.documents.fonts import GOTHIC
from chassis.documents.glyphs import mark_of_image
from chassis.documents.letter import Contact, Delivery
from contracts.events.eligibility import CertificateKind
from pydantic import BaseModel, ConfigDict

from eligibility_service.documents import qr
from eligibility_service.documents.bearer import Bearer, colour_of, fitted_name, shown

UNDECIDED: Final = "判定中"
"""一部負担金の割合 before it is decided: no figure that the law has not given yet."""


CLASS_ROOM, CLASS_SIZES = 58.0, ((10.0, 1), (8.0, 1))
"""Points from where 適用区分 begins to the edge of the card: 「区分Ⅰ（老福）」 is the longest."""


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
STATUS_TITLE: Final = "後期高齢者医療被保険者資格証明書"
STATUS_RATE: Final = ("医療機関や薬局の窓口で", "いったん全額を支払います")
"""What stands on a status certificate where a card shows the rate."""

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


class CardData(Bearer):
    """One card. `copay_rate` is None while it is not decided; `limit_class` is empty where nobody has applied for it."""

    copay_rate: Literal["1割", "2割", "3割"] | None = None
    limit_class: str = ""
    class_effective_on: date | None = None
    long_stay_from: date | None = None


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
    colour = colour_of(card)
    title = STATUS_TITLE if card.kind is CertificateKind.STATUS_CERTIFICATE else kind_on(card.issued_on).title
    name = f"{title} {colour.name} {card.insurer_name}"
    return {"name": name, "title": title, "deep": colour.deep, "pale": colour.pale, "insurer_name": card.insurer_name}


def build(card: CardData) -> Sheet:
    """The card as its template takes it. Raises `DocumentRefused` for a character no font shows, a placeholder, or a text without room."""
    days = {name: shown(getattr(card, name)) for name in ("valid_through", "acquired_on", "valid_from", "issued_on")}
    form, code, copay, classes = form_of(card), qr.modules(card.insured_number), _copay(card), _classes(card)
    data: dict[str, object] = {
        "form": form,
        **days,
        "insured_number": card.insured_number,
        **fitted_name(card),
        "born_on": card.shown_birth,
        "sex": card.shown_sex,
        "copay": copay,
        "classes": classes,
        "insurer_number": card.insurer_number,
        "code": list(code),
        "serial": card.serial,
    }
    page: Expected = (
        ("表題", form["title"]),
        ("保険者の名称", card.insurer_name),
        ("有効期限", days["valid_through"]),
        ("被保険者番号", card.insured_number),
        ("住所", card.shown_address),
        ("フリガナ", card.kana),
        ("氏名", card.name),
        ("生年月日", card.shown_birth),
        ("性別", card.shown_sex),
        ("資格取得年月日", days["acquired_on"]),
        ("発効期日", days["valid_from"]),
        ("交付年月日", days["issued_on"]),
        ("一部負担金の割合", "".join(copay["lines"])),
        *((line["label"], line["label"] + line["text"]) for line in classes),
        ("保険者番号", card.insurer_number),
        ("二次元コード", mark_of_image(code)),
        ("記号番号", card.serial),
    )
    return Sheet(data, (page,))


def _copay(card: CardData) -> dict[str, Any]:
    """Lines and size of what stands in the field of the rate."""
    if card.kind is CertificateKind.STATUS_CERTIFICATE:
        return {"lines": STATUS_RATE, "size": 10}
    return {"lines": (card.copay_rate or UNDECIDED,), "size": 24 if card.copay_rate else 16}


def _classes(card: CardData) -> tuple[dict[str, Any], ...]:
    """適用区分 with its days, beside the rate, as large as it has room; nothing where nobody has applied."""
    if not card.limit_class:
        return ()
    fitted = fit(card.limit_class, field="適用区分", room=CLASS_ROOM, sizes=CLASS_SIZES, font=GOTHIC)
    days = (("発効期日", card.class_effective_on), ("長期入院該当", card.long_stay_from))
    return (
        {"label": "適用区分", "text": card.limit_class, "size": fitted.size},
        *({"label": label, "text": shown(day), "size": 8} for label, day in days if day),
    )


def build_letter(letter: CardLetterData) -> Sheet:
    """The letter with the card in it. Raises `DocumentRefused` as `build` does."""
    card = build(letter.card)
    name = form_of(letter.card)["title"]
    title = f"{name}をお送りします"
    written = (f"{shown(letter.card.issued_on)}　発行", letter.card.insurer_name)
    lead = f"あなたの{name}をお送りします。下の点線で切り取り、医療機関や薬局の窓口でお見せください。"
    notes = (
        f"有効期限は{shown(letter.card.valid_through)}です。期限を過ぎたものは使えません。",
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
