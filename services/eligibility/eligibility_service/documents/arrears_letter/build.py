# SPDX-License-Identifier: Apache-2.0
"""The letters of the steps after a year of arrears: 弁明の機会の付与, 返還請求, 特別療養費の通知.

Texts and days come from the same record as the step itself, so that a letter cannot name another month than the one that counts (I-30).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from chassis.documents import Expected, Sheet
from chassis.documents.letter import Contact, Delivery
from contracts.primitives import InsuredNumber, Yen
from pydantic import BaseModel, ConfigDict, Field

from eligibility_service.documents.bearer import shown
from eligibility_service.rules.arrears import Remedy


class LetterKind(StrEnum):
    """通知の種類."""

    EXPLANATION = "explanation"
    CARD_RETURN = "card_return"
    SPECIAL_MEDICAL = "special_medical"


TITLES: Final = {
    LetterKind.EXPLANATION: "弁明の機会の付与について（通知）",
    LetterKind.CARD_RETURN: "被保険者証の返還について（請求）",
    LetterKind.SPECIAL_MEDICAL: "特別療養費の支給について（通知）",
}
_LEADS: Final = {
    LetterKind.EXPLANATION: "後期高齢者医療の保険料が、納期限から1年を過ぎても納められていません。次の措置を行う前に、事情をお聞きします。",
    LetterKind.CARD_RETURN: "後期高齢者医療の保険料が、納期限から1年を過ぎても納められていないため、お持ちの被保険者証をお返しください。",
    LetterKind.SPECIAL_MEDICAL: "後期高齢者医療の保険料が、納期限から1年を過ぎても納められていないため、次のとおり取り扱います。",
}
_WHAT_FOLLOWS: Final = {
    Remedy.STATUS_CERTIFICATE: (
        "被保険者証をお返しいただき、代わりに被保険者資格証明書を交付します。"
        "資格証明書で受診すると、医療費の全額をいったん支払い、後から申請により払い戻しを受けることになります。"
    ),
    Remedy.SPECIAL_MEDICAL: (
        "医療機関や薬局で、医療費の全額をいったん支払い、後から申請により特別療養費として払い戻しを受けることになります。"
    ),
}
_CIRCUMSTANCES: Final = (
    "災害や盗難にあったとき",
    "ご本人やご家族が病気やけがをしたとき",
    "事業をやめた、または大きな損失を受けたとき",
    "これらに類する事情があるとき",
)


class ArrearsLetterData(BaseModel):
    """One letter. `reply_by`: the last day for the explanation, or for giving the card back; None where nothing is asked for any more.

    `delivery` is None where no address may stand on it (支援措置): it is handed over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: LetterKind
    remedy: Remedy
    issued_on: date
    insurer_name: str = Field(min_length=1)
    insured_number: InsuredNumber
    unpaid_amount: Yen
    oldest_due_on: date
    reply_by: date | None
    delivery: Delivery | None
    contact: Contact


def build(letter: ArrearsLetterData) -> Sheet:
    """The letter as its template takes it. Raises `DocumentRefused`."""
    title, lead, follows = TITLES[letter.kind], _LEADS[letter.kind], _WHAT_FOLLOWS[letter.remedy]
    written = (f"{shown(letter.issued_on)}　発行", letter.insurer_name)
    amount = f"{letter.unpaid_amount:,}円"
    facts = (("被保険者番号", letter.insured_number), ("最も古い納期限", shown(letter.oldest_due_on)))
    head = {LetterKind.EXPLANATION: "行う予定の措置", LetterKind.CARD_RETURN: "お返しいただいた後", LetterKind.SPECIAL_MEDICAL: "取扱い"}
    asked = _asked(letter)
    data: dict[str, object] = {
        "title": title,
        "to": letter.delivery.data() if letter.delivery else None,
        "sender": written,
        "lead": lead,
        "amount": amount,
        "facts": [{"label": label, "value": value} for label, value in facts],
        "what_follows_title": head[letter.kind],
        "what_follows": follows,
        "circumstances_lead": asked,
        "circumstances": _CIRCUMSTANCES,
        "contact": letter.contact.data(),
    }
    page: Expected = (
        *(letter.delivery.expected() if letter.delivery else ()),
        *(("発行者", line) for line in written),
        ("表題", title),
        ("本文", lead),
        ("金額", amount),
        *facts,
        ("措置", follows),
        ("期限", asked),
        *(("事情", line) for line in _CIRCUMSTANCES),
        *letter.contact.expected(),
    )
    return Sheet(data, (page,))


def _asked(letter: ArrearsLetterData) -> str:
    if letter.kind is LetterKind.EXPLANATION and letter.reply_by:
        return f"次のような事情で納められないときは、{shown(letter.reply_by)}までに、下の問い合わせ先へ書面または口頭でお知らせください。"
    if letter.kind is LetterKind.CARD_RETURN and letter.reply_by:
        return f"被保険者証は{shown(letter.reply_by)}までにお返しください。次のような事情があるときは、その日までにお知らせください。"
    return "次のような事情があるとき、または保険料を納められたときは、この取扱いを終わります。下の問い合わせ先へお知らせください。"
