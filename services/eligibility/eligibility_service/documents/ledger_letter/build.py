# SPDX-License-Identifier: Apache-2.0
"""A letter about a notice, a decision or a qualification, from one immutable record; and what must be read back from it.

Law: 高齢者の医療の確保に関する法律 第50条から第55条の2; for decisions 第128条 (審査請求).
"""

from datetime import date

from chassis.documents import MINCHO, Expected, Sheet, fit
from chassis.documents.fonts import GOTHIC, MOJI_JOHO, typefaces
from chassis.documents.letter import Contact, Delivery, appeals
from contracts.eras import format_day
from pydantic import BaseModel, ConfigDict, Field

from eligibility_service.documents.ledger_letter.words import WORDS, LetterKind

VALUE_WIDTH = 330.0
VALUE_SIZES = ((14.0, 1), (12.0, 2), (10.5, 4))
HANDED_OVER = "（窓口でお渡しするもの）"


class LetterData(BaseModel):
    """One letter. `facts`: label and value, in order; `delivery` None: it is handed over, and no address stands on it (支援措置)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: LetterKind
    delivery: Delivery | None
    name: str = Field(min_length=1)
    born_on: str = Field(min_length=1)
    insured_number: str = ""
    facts: tuple[tuple[str, str], ...] = Field(min_length=1, max_length=9)
    issued_on: date
    issuer: str = Field(min_length=1)
    contact: Contact
    review_board: str = Field(min_length=1)


def build(letter: LetterData) -> Sheet:
    """The letter as its template takes it. Raises `DocumentRefused` for a character without a shape or a text without room."""
    words = WORDS[letter.kind]
    faces = typefaces()
    sender = (f"{format_day(letter.issued_on)}　発行", letter.issuer)
    rows = [("氏名", letter.name), ("生年月日", letter.born_on)]
    rows += [("被保険者番号", letter.insured_number)] if letter.insured_number else []
    rows += letter.facts
    fonts = {
        "氏名": faces.choose_for_name(letter.name),
        **{label: faces.choose(value, field=label, families=(GOTHIC, MINCHO, MOJI_JOHO)) for label, value in rows if label != "氏名"},
    }
    advice = appeals(letter.review_board) if words.is_decision else ()
    data: dict[str, object] = {
        "title": words.title,
        "to": letter.delivery.data() if letter.delivery else None,
        "handed_over": HANDED_OVER,
        "sender": sender,
        "lead": words.lead,
        "rows": [
            {"label": label, "value": fit(value, field=label, room=VALUE_WIDTH, sizes=VALUE_SIZES, font=fonts[label]).data()}
            for label, value in rows
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
        *(pair for label, value in rows for pair in ((f"{label}の見出し", label), (label, value))),
        *(("お知らせ", line) for line in words.notes),
        *(("不服の申立て", line) for line in advice),
        *letter.contact.expected(),
    )
    return Sheet(data, (page,))
