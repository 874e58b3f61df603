# SPDX-License-Identifier: Apache-2.0
"""What stands on a notice of a refund or an appropriation, from one immutable record; and what must be read back, from the same record.

The notice and the claim are one sheet with one number in both places, so that nobody gets somebody else's claim (I-37).
Law: 地方税法 第17条、第17条の2 (as the ordinances take them over);
高齢者の医療の確保に関する法律 第128条、第130条 (審査請求), 第160条 (時効).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from chassis.documents import MINCHO, Expected, Sheet, fit
from chassis.documents.fonts import GOTHIC, MOJI_JOHO, typefaces
from chassis.documents.letter import Contact, Delivery, appeals
from contracts.eras import format_day, format_fiscal_year
from contracts.primitives import FiscalYear, InsuredNumber
from pydantic import BaseModel, ConfigDict, Field, model_validator

SIZES: Final = ((12.0, 1), (10.5, 1), (9.0, 2), (8.0, 3))
ROOM: Final = 340.0
CONDOLENCE: Final = "このたびのご逝去に際し、謹んでお悔やみ申し上げます。"
CLAIM_TITLE: Final = "請求書"
CLAIM_LEAD: Final = "上の金額を請求します。次の口座に振り込んでください。"
CLAIM_FIELDS: Final = ("請求日", "請求者の住所", "請求者の氏名", "金融機関・支店", "種別・口座番号", "口座名義（カナ）")
HOW: Final = "下の請求書に記入し、切り離さずに、この用紙をそのままお返しください。届いてから、指定の口座に振り込みます。"
NO_CALLS: Final = "還付の手続で、ATMの操作や手数料の振込をお願いすることは、決してありません。"


class Used(BaseModel):
    """充当先: an instalment and yen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(min_length=1, max_length=16)
    amount: int = Field(gt=0)


class RefundNotice(BaseModel):
    """One notice. `overpaid` = what is used + `refunded`; `refund_addition` is paid besides. Yen.

    `heir_of`: the name of the insured person who has died, on a notice to the representative of the heirs; else None. `limit_on`: the
    first day on which it can be claimed no more. `review_board` None: nothing was appropriated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery: Delivery
    insured_number: InsuredNumber
    name: str = Field(min_length=1)
    heir_of: str | None
    fiscal_year: FiscalYear
    is_special: bool
    occasion: str = Field(min_length=1, max_length=20)
    overpaid: int = Field(ge=0)
    used: tuple[Used, ...] = Field(max_length=24)
    refunded: int = Field(ge=0)
    refund_addition: int = Field(ge=0)
    limit_on: date | None
    legal_basis: str = Field(min_length=1)
    claim_code: str = Field(pattern=r"^R\d{7}-\d$")
    issued_on: date
    issuer: str = Field(min_length=1)
    contact: Contact
    review_board: str | None

    @property
    def paid(self) -> int:
        """What is paid out."""
        return self.refunded + self.refund_addition

    @property
    def title(self) -> str:
        if self.is_special:
            what = "保険料特別返還金の通知書"
        else:
            what = "保険料" + ("還付" if self.paid else "") + ("充当" if self.used else "") + "通知書"
        return f"後期高齢者医療{what}"

    @model_validator(mode="after")
    def _adds_up(self) -> RefundNotice:
        if self.overpaid != self.refunded + sum(one.amount for one in self.used) or not self.overpaid + self.refund_addition:
            raise ValueError("過誤納の額が、充当と還付の合計と違います。")
        if bool(self.used) != (self.review_board is not None):
            raise ValueError("審査会の名称は、充当のあるときに要ります。")
        return self


def build(notice: RefundNotice) -> Sheet:
    """The notice as its template takes it. Raises `DocumentRefused` for a character without a shape or a text without room."""
    faces = typefaces()
    sender = (f"{format_day(notice.issued_on)}　発行", notice.issuer, f"通知番号 {notice.claim_code}")
    lead = _lead(notice)
    label = ("お支払いする額" if notice.is_special else "還付する額") if notice.paid else "充当した額"
    amount = _yen(notice.paid or sum(one.amount for one in notice.used))
    facts = (("被保険者番号", notice.insured_number), ("被保険者氏名", notice.name))
    rows = _rows(notice)
    how = (HOW, NO_CALLS) if notice.paid else ()
    advice = appeals(notice.review_board) if notice.review_board else ()
    data: dict[str, object] = {
        "title": notice.title,
        "to": notice.delivery.data(),
        "sender": sender,
        "condolence": CONDOLENCE if notice.heir_of else "",
        "lead": lead,
        "amount_label": label,
        "amount": amount,
        "facts": [
            {"label": facts[0][0], "value": facts[0][1]},
            {"label": facts[1][0], "value": facts[1][1], "font": faces.choose_for_name(notice.name, field="被保険者氏名")},
        ],
        "rows": [
            {
                "label": row_label,
                "value": fit(
                    value, field=row_label, room=ROOM, sizes=SIZES,
                    font=faces.choose(value, field=row_label, families=(GOTHIC, MINCHO, MOJI_JOHO)),
                ).data(),
            }
            for row_label, value in rows
        ],
        "notes": [*how, *advice],
        "contact": notice.contact.data(),
        "claim": {"title": CLAIM_TITLE, "code": notice.claim_code, "amount": amount, "lead": CLAIM_LEAD, "fields": CLAIM_FIELDS}
        if notice.paid
        else None,
    }  # fmt: skip
    claim: Expected = (
        ("請求書", CLAIM_TITLE),
        ("請求書の通知番号", notice.claim_code),
        ("請求書の額", amount),
        ("請求の文", CLAIM_LEAD),
        *((field, field) for field in CLAIM_FIELDS),
    )
    page: Expected = (
        *notice.delivery.expected(),
        *(("発行者", line) for line in sender),
        ("表題", notice.title),
        *((("お悔やみ", CONDOLENCE),) if notice.heir_of else ()),
        ("本文", lead),
        ("額の表題", label),
        ("額", amount),
        *facts,
        *((row_label, row_label + value) for row_label, value in rows),
        *(("お知らせ", line) for line in (*how, *advice)),
        *notice.contact.expected(),
        *(claim if notice.paid else ()),
    )
    return Sheet(data, (page,))


def _lead(notice: RefundNotice) -> str:
    whose = f"亡くなられた{notice.heir_of}様が納められた保険料" if notice.heir_of else "納めていただいた保険料"
    year = format_fiscal_year(notice.fiscal_year)
    if notice.is_special:
        return f"{whose}に、{year}分の納め過ぎがありました。還付の時効を過ぎていますが、次のとおりお返しします。"
    done = {(True, True): "充当し、残りをお返しします", (True, False): "充当しました", (False, True): "お返しします"}
    return f"{whose}に、{year}分の納め過ぎがありましたので、次のとおり{done[bool(notice.used), bool(notice.paid)]}。"


def _rows(notice: RefundNotice) -> list[tuple[str, str]]:
    rows = [("納め過ぎの理由", notice.occasion), ("納め過ぎの額", _yen(notice.overpaid))]
    if notice.used:
        rows.append(("充当した額", f"{_yen(sum(one.amount for one in notice.used))}（納期限を過ぎた保険料に充てました）"))
        rows.append(("充当先", "、".join(f"{one.label} {_yen(one.amount)}" for one in notice.used)))
    if notice.paid:
        addition = "" if notice.is_special else f"（還付加算金 {_yen(notice.refund_addition)}を含む）"
        rows.append(("お支払いする額", f"{_yen(notice.paid)}{addition}"))
        if notice.limit_on:
            last = format_day(notice.limit_on - timedelta(days=1))
            rows.append(("請求できる期間", f"{last}まで（過ぎると時効になります）"))
    rows.append(("根拠", notice.legal_basis))
    return rows


def _yen(amount: int) -> str:
    return f"{amount:,}円"
