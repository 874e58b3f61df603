# SPDX-License-Identifier: Apache-2.0
"""What stands on the letter that tells of a change of the delivery address, to the old address and to the new one.

A wrong entry is found by whoever stops getting letters, or gets somebody else's: the letter names no other address than the one it goes to.
"""

from datetime import date
from typing import Final, Literal

from chassis.documents import Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact, Delivery
from contracts.eras import format_day
from pydantic import BaseModel, ConfigDict, Field

TITLE: Final = "後期高齢者医療　送付先変更のお知らせ"
LEADS: Final = {
    "old": "届出により、下の方あての書類は、これからはこの住所にお送りしません。",
    "new": "届出により、下の方あての書類を、これからはこの住所にお送りします。",
}
NOTES: Final = (
    "この届出に心当たりがないとき、内容に誤りがあるときは、すぐに下の問い合わせ先にお電話ください。",
    "送付先を元に戻すとき、もう一度変えるときは、お住まいの市区町村に届け出てください。",
)


class DeliveryLetterData(BaseModel):
    """One letter. `purpose`: the papers it is about, as printed; `valid_until`: the first day on which it ends, None while open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipient: Literal["old", "new"]
    delivery: Delivery
    name: str = Field(min_length=1)
    insured_number: str
    purpose: str = Field(min_length=1)
    valid_from: date
    valid_until: date | None
    issued_on: date
    issuer: str = Field(min_length=1)
    contact: Contact


def build(letter: DeliveryLetterData) -> Sheet:
    """The letter as its template takes it. Raises `DocumentRefused`."""
    written = (f"{format_day(letter.issued_on)}　発行", letter.issuer)
    until = f"{format_day(letter.valid_until)}の前日まで" if letter.valid_until else "終わりの届出がある日まで"
    facts = (
        ("被保険者氏名", letter.name),
        ("被保険者番号", letter.insured_number or "なし"),
        ("書類", letter.purpose),
        ("期間", f"{format_day(letter.valid_from)}から{until}"),
    )
    lead = LEADS[letter.recipient]
    data: dict[str, object] = {
        "title": TITLE,
        "to": letter.delivery.data(),
        "sender": written,
        "lead": lead,
        "facts": facts,
        "name_font": typefaces().choose_for_name(letter.name, field="被保険者氏名"),
        "notes": NOTES,
        "contact": letter.contact.data(),
    }
    page: Expected = (
        *letter.delivery.expected(),
        *(("発行者", line) for line in written),
        ("表題", TITLE),
        ("本文", lead),
        *facts,
        *(("注意", line) for line in NOTES),
        *letter.contact.expected(),
    )
    return Sheet(data, (page,))
