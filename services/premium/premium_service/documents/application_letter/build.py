# SPDX-License-Identifier: Apache-2.0
"""What stands on a letter about an application for remission or deferral, and what must be read back; both from one record.

Law: 高齢者の医療の確保に関する法律 第111条 (減免・徴収猶予), 第128条 and 第130条 (審査請求); 行政手続法 第8条 (reasons of a refusal).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, Self

from chassis.documents import MINCHO, Expected, Sheet, fit
from chassis.documents.fonts import GOTHIC, MOJI_JOHO, typefaces
from chassis.documents.letter import Contact, Delivery, appeals
from contracts.eras import format_day
from pydantic import BaseModel, ConfigDict, Field

from premium_service.documents.offices import office_of
from premium_service.domain.people import Known

LetterKind = Literal["receipt", "remission_granted", "remission_refused", "deferral_granted", "deferral_refused"]
SIZES: Final = ((13.0, 1), (11.0, 2), (9.5, 5))
ROOM: Final = 335.0
HANDED_OVER: Final = "（窓口でお渡しするもの）"


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words of a letter."""

    title: str
    lead: str
    notes: tuple[str, ...]
    is_decision: bool = True


WORDS: Final[dict[LetterKind, Words]] = {
    "receipt": Words(
        "申請受付票",
        "次の申請を受け付けました。",
        ("決定までの間も、納期限のきた保険料は、いったん納めてください。納めることが難しいときは、ご相談ください。",
         "結果は、広域連合が決定した後に、文書でお知らせします。"),
        is_decision=False,
    ),
    "remission_granted": Words(
        "後期高齢者医療保険料減免決定通知書",
        "申請のあった保険料の減免について、次のとおり決定しました。",
        ("減免後の期別の額は、市区町村からの納入通知書でお知らせします。",
         "減免の理由がなくなったときは、すぐに届け出てください。"),
    ),
    "remission_refused": Words(
        "後期高齢者医療保険料減免却下通知書", "申請のあった保険料の減免について、次の理由により却下しました。", (),
    ),
    "deferral_granted": Words(
        "後期高齢者医療保険料徴収猶予決定通知書",
        "申請のあった保険料の徴収猶予について、次のとおり決定しました。",
        ("猶予した期限までに納めてください。猶予の期間は、督促をせず、延滞金はかかりません。",
         "猶予の理由がなくなったときは、すぐに届け出てください。"),
    ),
    "deferral_refused": Words(
        "後期高齢者医療保険料徴収猶予却下通知書", "申請のあった保険料の徴収猶予について、次の理由により却下しました。", (),
    ),
}  # fmt: skip


class ApplicationLetter(BaseModel):
    """One letter. `facts`: label and value, in order; `amount`: label and yen of what counts most, where there is one;
    `delivery` None: it is handed over at the window, and no address stands on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: LetterKind
    delivery: Delivery | None
    name: str = Field(min_length=1)
    insured_number: str
    facts: tuple[tuple[str, str], ...] = Field(min_length=1, max_length=12)
    amount: tuple[str, int] | None = None
    issued_on: date
    issuer: str = Field(min_length=1)
    contact: Contact
    review_board: str = Field(min_length=1)

    @classmethod
    def to(
        cls, kind: LetterKind, known: Known, facts: Mapping[str, str], *, union: str, issued_on: date, amount: tuple[str, int] | None = None
    ) -> Self:
        """The letter to an insured person; a receipt, and whatever concerns a withheld address (支援措置), is handed over."""
        office = office_of(union)
        delivery = None
        if kind != "receipt":
            given = {"postal_code": known.postal_code, "address": known.address, "name": known.name}
            delivery = Delivery.by_hand(known.name) if known.address_withheld else Delivery.model_validate(given)
        return cls(
            kind=kind,
            delivery=delivery,
            name=known.name,
            insured_number=known.insured_number,
            facts=tuple(facts.items()),
            amount=amount,
            issued_on=issued_on,
            issuer=office["issuer"],
            contact=Contact(office=office["office"], telephone=office["telephone"]),
            review_board=office["review_board"],
        )


def build(letter: ApplicationLetter) -> Sheet:
    """The letter as its template takes it. Raises `DocumentRefused` for a character without a shape or a text without room."""
    words = WORDS[letter.kind]
    faces = typefaces()
    sender = (f"{format_day(letter.issued_on)}　{'発行' if words.is_decision else '受付'}", letter.issuer)
    rows = [("被保険者番号", letter.insured_number), ("被保険者氏名", letter.name), *letter.facts]
    fonts = [
        faces.choose_for_name(value) if label == "被保険者氏名" else faces.choose(value, field=label, families=(GOTHIC, MINCHO, MOJI_JOHO))
        for label, value in rows
    ]
    advice = appeals(letter.review_board) if words.is_decision else ()
    amount = (letter.amount[0], f"{letter.amount[1]:,}円") if letter.amount else None
    data: dict[str, object] = {
        "title": words.title,
        "to": letter.delivery.data() if letter.delivery else None,
        "handed_over": HANDED_OVER,
        "sender": sender,
        "lead": words.lead,
        "amount": amount,
        "rows": [
            {"label": label, "value": fit(value, field=label, room=ROOM, sizes=SIZES, font=font).data()}
            for (label, value), font in zip(rows, fonts, strict=True)
        ],
        "notes": words.notes,
        "appeals": advice,
        "contact": letter.contact.data(),
    }
    page: Expected = (
        *(letter.delivery.expected() if letter.delivery else (("宛先", HANDED_OVER),)),
        *(("発行者", line) for line in sender),
        ("表題", words.title),
        ("本文", words.lead),
        *((("額の表題", amount[0]), ("額", amount[1])) if amount else ()),
        *((label, label + value) for label, value in rows),
        *(("お知らせ", line) for line in words.notes),
        *(("不服の申立て", line) for line in advice),
        *letter.contact.expected(),
    )
    return Sheet(data, (page,))
