"""What collection says of its decisions."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from contracts.events.collection import CollectionMethod, Instalment, InstalmentsSet

from collection_service.domain.charging import Decided
from collection_service.law.special_collection import FIRST_NUMBER

METHOD = (CollectionMethod.ORDINARY, CollectionMethod.SPECIAL)


def instalments_set(decided: Decided) -> Iterator[InstalmentsSet]:
    """One event a person, in the order of `people`; instalments of nothing are left out.

    The events of a yearly run are made without checking each field again: codes and numbers were checked when the assessments came
    in, days and amounts are our own.
    """
    rows = zip(decided.people.iter_rows(named=True), decided.instalments.tolist(), strict=True)
    for person, amounts in rows:
        yield InstalmentsSet.model_construct(
            effective_on=person["effective_on"],
            sequence=person["revision"],
            insured_id=UUID(person["insured_id"]),
            municipality_code=person["municipality_code"],
            resident_number=person["resident_number"],
            assessment_id=UUID(person["assessment_id"]),
            fiscal_year=person["fiscal_year"],
            annual_amount=person["annual_amount"],
            instalments=tuple(
                Instalment.model_construct(
                    number=slot.number, month=slot.month, due_on=slot.due_on, amount=amount, method=METHOD[slot.number >= FIRST_NUMBER]
                )
                for slot, amount in zip(decided.slots, amounts, strict=True)
                if amount
            ),
        )
