"""From a decision as the screens show it to the data of its notice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.documents.letter import Contact, Delivery
from pydantic import ValidationError

from premium_service.documents.decision_notice.build import DecisionNoticeData, DecisionStep, PremiumPart
from premium_service.documents.offices import not_fitting, office_of
from premium_service.domain.people import Addressee


def notice_of(
    decision: Mapping[str, Any], person: Addressee, union: str, *, issued_on: date | None = None, is_first: bool | None = None
) -> DecisionNoticeData:
    """`decision` with its steps. Raises `DocumentRefused`.

    Without a postal code the address is withheld (支援措置), and the notice is one to hand over. `issued_on`: the day of the decision, if
    not given. `is_first`: nobody was told of the fiscal year before; if not given, the first decision is the first to be told.
    """
    insured_number, name, postal_code, address = person
    office = office_of(union)
    revised = decision["revision"] > 1 if is_first is None else not is_first
    year = decision["fiscal_year_name"]
    try:
        return DecisionNoticeData(
            delivery=Delivery.by_hand(name) if postal_code is None else Delivery(postal_code=postal_code, address=address, name=name),
            insured_number=insured_number,
            name=name,
            fiscal_year=decision["fiscal_year"],
            issued_on=issued_on or date.fromisoformat(decision["decided_on"]),
            issuer=office["issuer"],
            review_board=office["review_board"],
            explanation=f"{year}の保険料を{'変更しました' if revised else '決定しました'}ので、お知らせします。",
            annual_amount=decision["annual_amount"],
            parts=tuple(printed_part(part) for part in decision["parts"]),
            steps=tuple(DecisionStep.model_validate(step) for step in decision["steps"]),
            contact=Contact(office=office["office"], telephone=office["telephone"]),
        )
    except ValidationError as invalid:
        raise not_fitting(invalid) from invalid


def printed_part(part: Mapping[str, Any]) -> PremiumPart:
    """A part of a decision with its reduction as printed (5割)."""
    numerator, _, denominator = (part["reduction"] or "").partition("/")
    tenths = f"{int(numerator) * 10 / int(denominator):g}割" if denominator else ""
    return PremiumPart.model_validate({**part, "reduction": tenths})
