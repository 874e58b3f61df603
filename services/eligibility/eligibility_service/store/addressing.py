"""宛先: where a letter to somebody goes today, in one place for certificates, notices and letters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from chassis.database import driver
from chassis.documents.letter import Delivery
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store.cases import Person
from eligibility_service.store.registers import DeliveryAddress, delivery_of

_RESIDENTS: Final = """
SELECT municipality_code, resident_number, name, postal_code, address_prefecture, address_municipality, address_town, address_number,
       address_building, address_withheld
FROM unnest($1::text[], $2::text[]) AS k(m, n)
JOIN resident_shown r ON (r.municipality_code, r.resident_number) = (k.m, k.n)
"""


async def deliveries(uow: UnitOfWork, people: Collection[Person]) -> dict[Person, Delivery | None]:
    """For each resident: 送付先, else the address in the register; None where none may stand on a letter (支援措置), or none is known."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(_RESIDENTS, [code for code, _ in people], [number for _, number in people])
    named = await delivery_of(uow, people, on=uow.today)
    return {(row["municipality_code"], row["resident_number"]): delivery_to(row, named) for row in rows}


def delivery_to(row: Mapping[str, Any], named: Mapping[Person, DeliveryAddress]) -> Delivery | None:
    """The same for one row of `resident_shown`; `named`: the 送付先 of people."""
    place = named.get((row["municipality_code"], row["resident_number"]))
    if place is not None:
        return Delivery(postal_code=place.postal_code, address=place.address, name=place.recipient)
    if row["address_withheld"] or not row["postal_code"]:
        return None
    return Delivery(postal_code=row["postal_code"], address=address_lines(row), name=row["name"])


def address_lines(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The address in the register, as it is printed: the building on a line of its own."""
    first = "".join(row[f"address_{part}"] or "" for part in ("prefecture", "municipality", "town", "number"))
    return (first, row["address_building"]) if row["address_building"] else (first,)
