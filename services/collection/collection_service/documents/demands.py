"""From a demand for payment to its notice, or to the reason why there can be none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from chassis.documents import DocumentRefused, Sheet
from chassis.documents.letter import Contact, Delivery
from chassis.law import FiscalYear, LawError
from contracts.eras import format_fiscal_year
from contracts.events.municipal import ResidentStatus
from pydantic import ValidationError

from collection_service.documents.labels import label_of
from collection_service.documents.payment_notice import Instalment, NoticeData, PaymentMethod, build
from collection_service.domain.notices import Addressee, Charged, Demand
from collection_service.law import office_of

GONE = {
    ResidentStatus.DIED: "亡くなった方です。相続人など、送付先を確かめてください。",
    ResidentStatus.MOVED_OUT: "転出した方です。送付先を確かめてください。",
    ResidentStatus.REMOVED: "住民票が消除された方です。送付先を確かめてください。",
}
"""Letters to people who are not there any more have been sent by the thousand: somebody must find out where this one should go."""


T = TypeVar("T")


class CannotBeSent(Exception):
    """There is no notice for this person; the text says in Japanese why, and what to do."""


def sheet_of(demand: Demand, *, issued_on: date) -> Sheet:
    """The notice, ready for typesetting. CannotBeSent says why there is none."""
    if demand.provisional:
        raise CannotBeSent("暫定の法定数値による保険料です。数値を担当者が確認し、保険料を決定し直してから発行してください。")
    addressee, insured_number = reachable(demand.addressee, demand.insured_number)
    return refusing(lambda: build(_data(demand, insured_number, addressee, issued_on)))


def reachable(addressee: Addressee | None, insured_number: str | None) -> tuple[Addressee, str]:
    """The addressee and number of somebody who can be written to. CannotBeSent says why another cannot."""
    if addressee is None:
        raise CannotBeSent("住民情報が届いていません。市区町村に住民情報の送付を依頼してください。")
    if insured_number is None:
        raise CannotBeSent("被保険者番号が届いていません。資格の登録を確かめてください。")
    if addressee.status in GONE:
        raise CannotBeSent(GONE[addressee.status])
    return addressee, insured_number


def delivery_of(addressee: Addressee) -> Delivery:
    """Where a letter goes, or that a person hands it over."""
    if addressee.by_hand:
        return Delivery.by_hand(addressee.name)
    return Delivery(postal_code=addressee.postal_code, address=addressee.lines, name=addressee.name)


def refusing(make: Callable[[], T]) -> T:
    """What `make` gives; what documents and the law refuse, as CannotBeSent."""
    try:
        return make()
    except DocumentRefused as refused:
        raise CannotBeSent(str(refused)) from refused
    except LawError as missing:
        raise CannotBeSent(missing.message_ja) from missing
    except ValidationError as invalid:
        fields = "、".join(sorted({".".join(map(str, fault["loc"])) for fault in invalid.errors(include_input=False)}))
        raise CannotBeSent(f"通知書の様式に入らない項目があります({fields})。住民情報と期別を確かめてください。") from invalid


def _data(demand: Demand, insured_number: str, addressee: Addressee, issued_on: date) -> NoticeData:
    office = office_of(demand.municipality_code, issued_on)
    return NoticeData(
        delivery=delivery_of(addressee),
        insured_number=insured_number,
        name=addressee.name,
        fiscal_year=demand.fiscal_year,
        issued_on=issued_on,
        issuer=office.issuer,
        annual_amount=demand.annual_amount,
        instalments=tuple(_instalment(demand, charged) for charged in demand.instalments),
        explanation=_explanation(demand),
        contact=Contact(office=office.office, telephone=office.telephone),
    )


def _instalment(demand: Demand, charged: Charged) -> Instalment:
    label = label_of(demand.municipality_code, demand.fiscal_year, charged.number, charged.month)
    return Instalment(label=label, due_on=charged.due_on, amount=charged.amount, method=PaymentMethod(charged.method))


def _explanation(demand: Demand) -> str:
    """One sentence why this notice comes."""
    year = format_fiscal_year(demand.fiscal_year)
    if demand.has_earlier_notice:
        return f"{year}の保険料が変わりましたので、あらためてお知らせします。前にお送りした通知書は使わないでください。"
    if demand.acquired_on is not None and demand.acquired_on in FiscalYear(demand.fiscal_year).period:
        return f"{year}の途中から加入されましたので、{demand.acquired_on.month}月からの保険料をお知らせします。"
    return f"{year}の保険料が決まりましたので、お知らせします。"
