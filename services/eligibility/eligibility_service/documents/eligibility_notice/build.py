# SPDX-License-Identifier: Apache-2.0
"""資格情報のお知らせ: the letter to a person of 84 or younger who uses a マイナ保険証 (from 2026-08-01)."""

from __future__ import annotations

from typing import Final, Literal

from chassis.documents import Expected, Sheet
from chassis.documents.glyphs import mark_of_image
from chassis.documents.letter import Contact, Delivery

from eligibility_service.documents import qr
from eligibility_service.documents.bearer import Bearer, fitted_name, shown
from eligibility_service.documents.card.build import UNDECIDED

TITLE: Final = "後期高齢者医療 資格情報のお知らせ"
LEAD: Final = (
    "マイナ保険証をお使いのあなたの、後期高齢者医療の資格は次のとおりです。"
    "このお知らせだけでは受診できません。医療機関や薬局では、マイナ保険証をお見せください。"
)
NOTES: Final = (
    "カードの読み取りができない医療機関では、マイナ保険証と一緒にこのお知らせをお見せください。",
    "マイナ保険証での受診が難しい方は、申請により資格確認書の交付を受けられます。下の問い合わせ先にご連絡ください。",
    "氏名、生年月日に誤りがあるときは、下の問い合わせ先にご連絡ください。",
)


class EligibilityNoticeData(Bearer):
    """One お知らせ. `delivery` is None where no address may stand on it (支援措置): it is handed over."""

    copay_rate: Literal["1割", "2割", "3割"] | None = None
    delivery: Delivery | None
    contact: Contact


def build(notice: EligibilityNoticeData) -> Sheet:
    """The letter as its template takes it. Raises `DocumentRefused`."""
    code, rate = qr.modules(notice.insured_number), notice.copay_rate or UNDECIDED
    written = (f"{shown(notice.issued_on)}　発行", notice.insurer_name)
    name = fitted_name(notice)["name"]
    facts = (
        ("被保険者番号", notice.insured_number, 20),
        ("フリガナ", notice.kana, 9),
        ("氏名", notice.name, 16),
        ("生年月日", f"{notice.shown_birth}　{notice.shown_sex}".strip(), 13),
        ("資格取得年月日", shown(notice.acquired_on), 13),
        ("一部負担金の割合", rate, 18),
        ("負担割合の期間", f"{shown(notice.valid_from)}から{shown(notice.valid_through)}まで", 12),
        ("保険者番号", notice.insurer_number, 13),
    )
    data: dict[str, object] = {
        "title": TITLE,
        "to": notice.delivery.data() if notice.delivery else None,
        "sender": written,
        "lead": LEAD,
        "facts": [{"label": label, **(name if label == "氏名" else {"text": text, "size": size})} for label, text, size in facts],
        "code": list(code),
        "notes": NOTES,
        "contact": notice.contact.data(),
        "serial": notice.serial,
    }
    page: Expected = (
        *(notice.delivery.expected() if notice.delivery else ()),
        *(("発行者", line) for line in written),
        ("表題", TITLE),
        ("本文", LEAD),
        *((label, text) for label, text, _ in facts),
        ("二次元コード", mark_of_image(code)),
        *(("注意", line) for line in NOTES),
        *notice.contact.expected(),
        ("記号番号", notice.serial),
    )
    return Sheet(data, (page,))
