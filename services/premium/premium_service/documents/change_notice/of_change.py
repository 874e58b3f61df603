"""From a change of decisions to the data of its notice."""

from __future__ import annotations

from datetime import date

from chassis.documents.letter import Contact, Delivery
from pydantic import ValidationError

from premium_service.documents.change_notice.build import ChangeNoticeData, PartLine, StepLine
from premium_service.documents.offices import not_fitting, office_of
from premium_service.domain.changes import PART_TERMS, Change
from premium_service.domain.people import Addressee


def notice_of(change: Change, person: Addressee, union: str, *, issued_on: date | None = None) -> ChangeNoticeData:
    """Raises `DocumentRefused`. `issued_on`: the day of the last decision, if not given.

    Without a postal code the address is withheld (支援措置), and the notice is one to hand over.
    """
    insured_number, name, postal_code, address = person
    office = office_of(union)
    try:
        return ChangeNoticeData(
            delivery=Delivery.by_hand(name) if postal_code is None else Delivery(postal_code=postal_code, address=address, name=name),
            insured_number=insured_number,
            name=name,
            fiscal_year=change.fiscal_year,
            issued_on=issued_on or change.decided_on,
            issuer=office["issuer"],
            review_board=office["review_board"],
            before=change.before,
            after=change.after,
            parts=tuple(PartLine(term=PART_TERMS[part.part], before=part.before, after=part.after) for part in change.parts),
            why=change.why,
            steps=tuple(
                StepLine(decided_on=step.decided_on, events="、".join(step.events), difference=step.difference) for step in change.steps
            ),
            contact=Contact(office=office["office"], telephone=office["telephone"]),
        )
    except ValidationError as invalid:
        raise not_fitting(invalid) from invalid
