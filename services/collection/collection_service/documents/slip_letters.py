"""From the planned slips of one person to the letter with them, or to the reason why there can be none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from chassis.documents.letter import Contact

from collection_service.documents.demands import CannotBeSent, delivery_of, reachable, refusing
from collection_service.documents.labels import label_of
from collection_service.documents.payment_slip import Slip, SlipLetter
from collection_service.domain.notices import Addressee
from collection_service.domain.slips import Planned
from collection_service.law import office_of
from collection_service.law.direct_debit import SlipPrinting, slip_printing
from collection_service.rules.slip_code import AMOUNT_DIGITS, slip_code


def letter_of(planned: Sequence[Planned], *, issued_on: date, reasons: Mapping[str, str]) -> SlipLetter:
    """The letter with the slips of one person; CannotBeSent says why there is none. `reasons`: result code of a debit → what it says."""
    if any(slip.provisional for slip in planned):
        raise CannotBeSent("暫定の法定数値による保険料です。数値を担当者が確認し、保険料を決定し直してから発行してください。")
    addressee, insured_number = reachable(planned[0].addressee, planned[0].insured_number)
    return refusing(lambda: _letter(planned, addressee, insured_number, issued_on, reasons))


def _letter(
    planned: Sequence[Planned], addressee: Addressee, insured_number: str, issued_on: date, reasons: Mapping[str, str]
) -> SlipLetter:
    first = planned[0]
    printing, office = slip_printing(first.municipality_code, issued_on), office_of(first.municipality_code, issued_on)
    return SlipLetter(
        delivery=delivery_of(addressee),
        insured_number=insured_number,
        name=addressee.name,
        fiscal_year=first.fiscal_year,
        issued_on=issued_on,
        issuer=office.issuer,
        convenience_limit=printing.convenience_limit,
        slips=tuple(_slip(slip, printing, issued_on, reasons) for slip in planned),
        contact=Contact(office=office.office, telephone=office.telephone),
        ocr_line=printing.ocr_line,
        el_qr=printing.el_qr,
    )


def _slip(slip: Planned, printing: SlipPrinting, issued_on: date, reasons: Mapping[str, str]) -> Slip:
    usable_until = max(slip.due_on, issued_on + timedelta(days=printing.valid_days) if slip.failed_code else slip.due_on)
    return Slip(
        number=slip.slip_number,
        label=label_of(slip.municipality_code, slip.fiscal_year, slip.number, slip.month),
        due_on=slip.due_on,
        amount=slip.amount,
        usable_until=usable_until,
        code=_code(slip, printing, usable_until),
        failed_because=reasons[slip.failed_code] if slip.failed_code else None,
    )


def _code(slip: Planned, printing: SlipPrinting, usable_until: date) -> str | None:
    """The 44 digits; our own number of the paper stands among them, behind the municipality. None above what a store takes."""
    if slip.amount > min(printing.convenience_limit, 10**AMOUNT_DIGITS - 1):
        return None
    free = f"{slip.municipality_code[:5]}{slip.slip_number:016}"
    return slip_code(company_code=printing.company_code, free=free, reissued=slip.reissued, usable_until=usable_until, amount=slip.amount)
