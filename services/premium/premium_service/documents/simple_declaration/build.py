# SPDX-License-Identifier: Apache-2.0
"""What stands on a 簡易申告書: whose incomes of which year, what is declared on what evidence, or boxes to fill in.

Law: 後期高齢者医療に関する条例（保険料に関する申告）. It goes to the municipality, which hands it on to the union.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Self

from chassis.documents import MINCHO, Expected, Sheet, fit
from chassis.documents.fonts import GOTHIC, MOJI_JOHO, typefaces
from chassis.documents.letter import Contact
from contracts.eras import format_day, format_year
from pydantic import BaseModel, ConfigDict, Field

from premium_service.documents.offices import office_of
from premium_service.domain.declared import EVIDENCE, FIELDS
from premium_service.domain.people import Known

WITHHELD: Final = "（支援措置により記載しません）"
LEAD: Final = "次のとおり、所得の状況を申告します。"
NOTES: Final = (
    "申告がないと、均等割額の軽減を判定できません。収入がなかった方も、「収入がなかった」に印をつけて提出してください。",
    "遺族年金・障害年金などの非課税の年金は、記入しません。",
    "給与と公的年金等は収入金額を、事業とその他は必要経費を引いた所得金額を記入してください。",
    "所得税の確定申告や市区町村民税の申告をした方は、提出は要りません。",
)
SIZES: Final = ((13.0, 1), (11.0, 2), (9.0, 4))
ROOM: Final = 320.0


class DeclarationSheet(BaseModel):
    """One sheet. `amounts` None: a form to fill in. `address` None: it is withheld, and nothing of it is printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    born_on: date
    insured_number: str
    resident_number: str
    address: tuple[str, ...] | None
    income_year: int
    amounts: Mapping[str, int] | None
    evidence: tuple[str, ...] = ()
    declared_on: date | None = None
    declarant: str = ""
    remark: str = ""
    contact: Contact

    @classmethod
    def of(cls, known: Known, declaration: Mapping[str, Any] | None, income_year: int, union: str) -> Self:
        """The sheet of a resident; of what was declared, or empty. Raises `DocumentRefused` where the union's office is not known."""
        office = office_of(union)
        found: dict[str, Any] = {"amounts": None}
        if declaration is not None:
            found = {name: declaration[name] for name in ("amounts", "declared_on", "remark")}
            found["evidence"] = tuple(EVIDENCE[code] for code in declaration["evidence"])
            found["declarant"] = f"{declaration['declarant']}（{declaration['relationship']}）"
        return cls(
            name=known.name,
            born_on=known.born_on,
            insured_number=known.insured_number,
            resident_number=known.person[1],
            address=None if known.address_withheld else known.address,
            income_year=income_year,
            contact=Contact(office=office["office"], telephone=office["telephone"]),
            **found,
        )


def build(sheet: DeclarationSheet) -> Sheet:
    """The sheet as its template takes it. Raises `DocumentRefused`."""
    faces = typefaces()
    title = "簡易申告書"
    subtitle = f"{format_year(sheet.income_year)}中（1月1日から12月31日まで）の収入・所得"
    address = WITHHELD if sheet.address is None else "".join(sheet.address)
    facts = [("氏名", sheet.name), ("生年月日", format_day(sheet.born_on)), ("住所", address)]
    facts += [("被保険者番号", sheet.insured_number)] if sheet.insured_number else []
    facts += [("宛名番号", sheet.resident_number)]
    taken = sheet.amounts is not None
    amounts = [(term, f"{sheet.amounts.get(name, 0):,}" if sheet.amounts is not None else "") for name, term in FIELDS.items()]
    none_had = taken and not any((sheet.amounts or {}).values())
    nothing = f"{'■' if none_had else '□'} この年の収入・所得はなかった"
    boxes = [f"{'■' if term in sheet.evidence else '□'} {term}" for term in EVIDENCE.values()]
    signed = [
        ("申告日", format_day(sheet.declared_on) if sheet.declared_on else ""),
        ("申告した人", sheet.declarant),
        ("備考", sheet.remark),
    ]
    shown = [
        {"label": label, "value": _fitted(label, value, faces.choose_for_name(value) if label == "氏名" else _face(label, value))}
        for label, value in facts
    ]
    data: dict[str, object] = {
        "title": title,
        "subtitle": subtitle,
        "lead": LEAD,
        "facts": shown,
        "head": ("種類", "金額（円）"),
        "amounts": amounts,
        "nothing": nothing,
        "boxes": boxes,
        "signed": [{"label": label, "value": _fitted(label, value or "　", _face(label, value or "　"))} for label, value in signed],
        "taken": taken,
        "notes": NOTES,
        "contact": sheet.contact.data(),
    }
    page: Expected = (
        ("表題", title),
        ("所得年", subtitle),
        ("本文", LEAD),
        *((label, value) for label, value in facts),
        *((term, term + amount) for term, amount in amounts),
        ("収入なし", nothing),
        *(("書類", box) for box in boxes),
        *((label, label + value) for label, value in signed),
        *(("注意", line) for line in NOTES),
        *sheet.contact.expected(),
    )
    return Sheet(data, (page,))


def _face(label: str, value: str) -> str:
    return typefaces().choose(value, field=label, families=(GOTHIC, MINCHO, MOJI_JOHO))


def _fitted(label: str, value: str, font: str) -> dict[str, object]:
    return fit(value, field=label, room=ROOM, sizes=SIZES, font=font).data()
