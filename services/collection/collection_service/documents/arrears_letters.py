"""From what somebody owes to a 督促状 or 催告書, or to the reason why there can be none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chassis.documents import DocumentRefused
from chassis.documents.letter import Contact, Delivery
from chassis.law import LawError
from pydantic import ValidationError

from collection_service import settings
from collection_service.documents.arrears_letter import ArrearsLetter, LetterKind, Owed
from collection_service.documents.demands import GONE, CannotBeSent
from collection_service.documents.labels import label_of
from collection_service.domain.arrears import Claim
from collection_service.domain.recipients import Recipient
from collection_service.law import confirmed_on, office_of
from collection_service.law.demands import DemandLaw, demand_law


def law_of_letters(municipality_code: str, today: date) -> DemandLaw:
    """The settings of a municipality on a day. CannotBeSent where they are not entered."""
    try:
        return demand_law(municipality_code, today, confirmed_on(today, sample=settings.current().sample_data))
    except LawError as missing:
        raise CannotBeSent(missing.message_ja) from missing


def owed_of(claim: Claim, *, unpaid: int, fee: int, late_charge: int) -> Owed:
    """A row of a letter; yen."""
    label = label_of(claim.municipality_code, claim.fiscal_year, claim.number, claim.month)
    return Owed(fiscal_year=claim.fiscal_year, label=label, due_on=claim.due_on, unpaid=unpaid, fee=fee, late_charge=late_charge)


def letter_to(
    recipient: Recipient, kind: LetterKind, owed: Sequence[Owed], law: DemandLaw, *, pay_by: date, issued_on: date
) -> ArrearsLetter:
    """The letter to a resident. CannotBeSent says in Japanese why there is none; of the dead a person must find who answers."""
    addressee = recipient.addressee
    if law.provisional:
        raise CannotBeSent("督促の法定数値に暫定のものがあります。数値を担当者が確認してから発行してください。")
    if addressee is None:
        raise CannotBeSent("住民情報が届いていません。市区町村に住民情報の送付を依頼してください。")
    if recipient.insured_number is None:
        raise CannotBeSent("被保険者番号が届いていません。資格の登録を確かめてください。")
    if addressee.status in GONE:
        raise CannotBeSent(GONE[addressee.status])
    office = office_of(recipient.person[0], issued_on)
    try:
        return ArrearsLetter(
            kind=kind,
            delivery=(
                Delivery.by_hand(addressee.name)
                if addressee.by_hand
                else Delivery(postal_code=addressee.postal_code, address=addressee.lines, name=addressee.name)
            ),
            insured_number=recipient.insured_number,
            name=addressee.name,
            owed=tuple(owed),
            pay_by=pay_by,
            issued_on=issued_on,
            issuer=office.issuer,
            contact=Contact(office=office.office, telephone=office.telephone),
            review_board=law.review_board,
        )
    except DocumentRefused as refused:
        raise CannotBeSent(str(refused)) from refused
    except ValidationError as invalid:
        fields = "、".join(sorted({".".join(map(str, fault["loc"])) for fault in invalid.errors(include_input=False)}))
        raise CannotBeSent(f"書面の様式に入らない項目があります({fields})。住民情報を確かめてください。") from invalid
