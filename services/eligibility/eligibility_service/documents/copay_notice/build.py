# SPDX-License-Identifier: Apache-2.0
"""What stands on the notice of a changed copay rate, and what must be read back from it.

Law: 高齢者の医療の確保に関する法律 第67条 (一部負担金), 施行令 第7条; 第128条 (審査請求).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from chassis.documents import Expected, Sheet, fit
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact, Delivery, appeals
from contracts.eras import format_day
from pydantic import BaseModel, ConfigDict, Field

from eligibility_service.documents.copay_notice.words import TITLE, why
from eligibility_service.law import UnionSettings
from eligibility_service.rules.copay.parameters import CopayLaw

LEAD: Final = "医療機関などの窓口で支払う医療費の負担割合を判定し、次のとおり変わりましたので、お知らせします。"
HANDED_OVER: Final = "（窓口でお渡しするもの）"
LAW: Final = "高齢者の医療の確保に関する法律 第67条第1項、同法施行令 第7条"
NOTES: Final = (
    "前の負担割合が記載された証をお持ちのときは、市区町村の窓口にお返しください。",
    "所得の更正や世帯の異動があったときは、あらためて判定します。申請により負担割合が下がることもあります。",
)
VALUE_WIDTH, VALUE_SIZES = 330.0, ((13.0, 1), (11.0, 2))


class CopayNoticeData(BaseModel):
    """One notice. `delivery` None: it is handed over, and no address stands on it (支援措置). `why`: sentences, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery: Delivery | None
    name: str = Field(min_length=1)
    insured_number: str = Field(min_length=1)
    rate_before: int = Field(ge=10, le=30)
    rate_percent: int = Field(ge=10, le=30)
    valid_from: date
    valid_until: date
    income_year: int
    why: tuple[str, ...] = Field(min_length=2, max_length=5)
    issued_on: date
    issuer: str = Field(min_length=1)
    contact: Contact
    review_board: str = Field(min_length=1)


def notice_fields(
    span: Mapping[str, Any],
    before: int,
    *,
    delivery: Delivery | None,
    name: str,
    insured_number: str,
    law: CopayLaw,
    union: UnionSettings,
    issued_on: date,
) -> dict[str, Any]:
    """The fields of CopayNoticeData for a stored decision (`span`, with JUDGED_DTYPE) after another rate; `law` of its first day."""
    return {
        **{field: span[field] for field in ("rate_percent", "valid_from", "valid_until", "income_year")},
        "rate_before": before,
        "delivery": delivery,
        "name": name,
        "insured_number": insured_number,
        "why": why(span, law),
        "issued_on": issued_on,
        "issuer": union.insurer_name,
        "contact": Contact(office=union.contact_office, telephone=union.contact_telephone),
        "review_board": union.review_board,
    }


def build(notice: CopayNoticeData) -> Sheet:
    """The notice as its template takes it. Raises `DocumentRefused`."""
    sender = (f"{format_day(notice.issued_on)}　発行", notice.issuer)
    before, after = (f"{percent // 10}割" for percent in (notice.rate_before, notice.rate_percent))
    facts = (
        ("被保険者氏名", notice.name),
        ("被保険者番号", notice.insured_number),
        ("期間", f"{format_day(notice.valid_from)}から{format_day(notice.valid_until)}まで"),
        ("判定した所得", f"{format_day(date(notice.income_year, 12, 31)).removesuffix('12月31日')}中の所得"),
        ("根拠", LAW),
    )
    name_font = typefaces().choose_for_name(notice.name, field="被保険者氏名")
    advice = appeals(notice.review_board)
    data: dict[str, object] = {
        "title": TITLE,
        "to": notice.delivery.data() if notice.delivery else None,
        "handed_over": HANDED_OVER,
        "sender": sender,
        "lead": LEAD,
        "before": before,
        "after": after,
        "facts": facts,
        "name": fit(notice.name, field="被保険者氏名", room=VALUE_WIDTH, sizes=VALUE_SIZES, font=name_font).data(),
        "why": notice.why,
        "notes": NOTES,
        "appeals": advice,
        "contact": notice.contact.data(),
    }
    page: Expected = (
        *(notice.delivery.expected() if notice.delivery else (("宛先", HANDED_OVER),)),
        *(("発行者", line) for line in sender),
        ("表題", TITLE),
        ("本文", LEAD),
        ("変更前の負担割合", f"変更前{before}"),
        ("変更後の負担割合", f"変更後{after}"),
        *facts,
        *(("判定の理由", line) for line in notice.why),
        *(("お知らせ", line) for line in NOTES),
        *(("不服の申立て", line) for line in advice),
        *notice.contact.expected(),
    )
    return Sheet(data, (page,))
