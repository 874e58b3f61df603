"""From decisions on an overpayment to their notice, or to the reason why there can be none: nobody who has died is ever written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chassis.documents import DocumentRefused
from chassis.documents.letter import Contact, Delivery
from chassis.law import LawError
from contracts.eras import format_fiscal_year
from contracts.primitives import insurer_check_digit
from pydantic import ValidationError

from collection_service.documents.demands import GONE, CannotBeSent
from collection_service.documents.refund_notice import RefundNotice, render_notice
from collection_service.documents.refund_notice.build import Used
from collection_service.domain.refund_case import Case
from collection_service.domain.refunds import Occasion, RefundKind
from collection_service.law import calendar_of, office_of
from collection_service.law.refunds import review_board

NO_HEIR = "被保険者が亡くなっています。相続人代表者を登録してから、通知書を作成してください。"


def claim_code(number: int) -> str:
    """通知番号: seven digits and a check digit (that of 保険者番号), so that a slip of the pen is nobody else's number."""
    digits = f"{number:07}"
    return f"R{digits}-{insurer_check_digit(digits)}"


def notice_pdf(
    case: Case,
    decisions: Sequence[Mapping[str, Any]],
    uses: Sequence[Mapping[str, Any]],
    representative: Mapping[str, Any] | None,
    *,
    code: str,
    union: str,
    limit_on: date | None,
    issued_on: date,
) -> bytes:
    """The notice of decisions that were made at once, to the insured or to the representative of the heirs. CannotBeSent says why not."""
    if case.insured_number is None:
        raise CannotBeSent("被保険者番号が届いていません。資格の登録を確かめてください。")
    if case.addressee is None:
        raise CannotBeSent("住民情報が届いていません。市区町村に住民情報の送付を依頼してください。")
    if case.has_died and representative is None:
        raise CannotBeSent(NO_HEIR)
    if not case.has_died and case.addressee.status in GONE:
        raise CannotBeSent(GONE[case.addressee.status])
    try:
        return render_notice(_notice(case, decisions, uses, _delivery(case, representative), code, union, limit_on, issued_on))
    except DocumentRefused as refused:
        raise CannotBeSent(str(refused)) from refused
    except LawError as missing:
        raise CannotBeSent(missing.message_ja) from missing
    except ValidationError as invalid:
        fields = "、".join(sorted({".".join(map(str, fault["loc"])) for fault in invalid.errors(include_input=False)}))
        raise CannotBeSent(f"通知書の様式に入らない項目があります({fields})。住民情報と決定を確かめてください。") from invalid


def _delivery(case: Case, representative: Mapping[str, Any] | None) -> Delivery:
    assert case.addressee is not None
    if case.has_died:
        assert representative is not None
        return Delivery(postal_code=representative["postal_code"], address=tuple(representative["address"]), name=representative["name"])
    if case.addressee.by_hand:
        return Delivery.by_hand(case.addressee.name)
    return Delivery(postal_code=case.addressee.postal_code, address=case.addressee.lines, name=case.addressee.name)


def _notice(
    case: Case,
    decisions: Sequence[Mapping[str, Any]],
    uses: Sequence[Mapping[str, Any]],
    delivery: Delivery,
    code: str,
    union: str,
    limit_on: date | None,
    issued_on: date,
) -> RefundNotice:
    assert case.addressee is not None
    office = office_of(case.municipality_code, issued_on)
    refunded = sum(one["amount"] for one in decisions if one["payee"] is not None)
    return RefundNotice(
        delivery=delivery,
        insured_number=case.insured_number or "",
        name=case.addressee.name,
        heir_of=case.addressee.name if case.has_died else None,
        fiscal_year=case.fiscal_year,
        is_special=any(one["kind"] == RefundKind.SPECIAL_REFUND for one in decisions),
        occasion=Occasion(decisions[0]["occasion"]).term,
        overpaid=sum(one["amount"] for one in decisions),
        used=tuple(Used(label=_label(case.municipality_code, use["fiscal_year"], use["number"]), amount=use["amount"]) for use in uses),
        refunded=refunded,
        refund_addition=sum(one["refund_addition"] for one in decisions),
        limit_on=limit_on,
        legal_basis="、".join(dict.fromkeys(one["legal_basis"] for one in decisions)),
        claim_code=code,
        issued_on=issued_on,
        issuer=office.issuer,
        contact=Contact(office=office.office, telephone=office.telephone),
        review_board=review_board(union, issued_on) if uses else None,
    )


def _label(municipality_code: str, fiscal_year: int, number: int) -> str:
    """期別 as the notices name it; the numbers from 101 on are deductions from a pension."""
    year = format_fiscal_year(fiscal_year)
    if number > 100:
        return f"{year}{(4, 6, 8, 10, 12, 2)[number - 101]}月特別徴収"
    ordinary = number <= len(calendar_of(municipality_code, fiscal_year).months)
    return f"{year}第{number}期" if ordinary else f"{year}随時第{number}期"
