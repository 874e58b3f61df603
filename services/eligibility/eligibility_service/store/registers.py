"""送付先 and 支援措置 as everybody asks for them who prints or shows an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store.cases import Person

_DELIVERY = """
SELECT DISTINCT ON (d.municipality_code, d.resident_number)
       d.municipality_code, d.resident_number, d.purpose, d.recipient, d.relationship, d.postal_code, d.address
FROM unnest($1::text[], $2::text[]) AS k(m, n)
JOIN delivery_address d ON (d.municipality_code, d.resident_number) = (k.m, k.n)
JOIN resident_shown r ON (r.municipality_code, r.resident_number) = (k.m, k.n) AND NOT r.address_withheld
WHERE d.purpose IN ('everything', $3) AND d.valid_during @> $4::date AND upper_inf(d.recorded_during)
ORDER BY d.municipality_code, d.resident_number, d.purpose = 'everything'
"""
_PROTECTED = """
WITH protected AS (
    SELECT municipality_code, resident_number FROM address_protection
    WHERE upper_inf(recorded_during) AND valid_during @> $3::date
), household AS (
    SELECT r.municipality_code, r.household_number FROM protected JOIN resident r USING (municipality_code, resident_number)
)
SELECT k.m, k.n FROM unnest($1::text[], $2::text[]) AS k(m, n)
LEFT JOIN resident r ON (r.municipality_code, r.resident_number) = (k.m, k.n)
WHERE (k.m, k.n) IN (SELECT * FROM protected) OR (r.municipality_code, r.household_number) IN (SELECT * FROM household)
"""


@dataclass(frozen=True, slots=True)
class DeliveryAddress:
    """Where letters go instead of the address in the register: `address` one to four lines, `recipient` without 様."""

    purpose: str
    recipient: str
    relationship: str
    postal_code: str
    address: tuple[str, ...]


async def delivery_of(
    uow: UnitOfWork, people: Iterable[Person], *, on: date, purpose: str = "certificate"
) -> dict[Person, DeliveryAddress]:
    """送付先 of people for a purpose on a day: the one for that purpose, else the one for everything. Who has none is not in it.

    Nor is anybody whose address is withheld (支援措置): their papers are handed over, not posted.
    """
    codes, numbers = _columns(people)
    rows = await (await driver(uow.connection)).fetch(_DELIVERY, codes, numbers, purpose, on)
    return {
        (row["municipality_code"], row["resident_number"]): DeliveryAddress(
            row["purpose"], row["recipient"], row["relationship"], row["postal_code"], tuple(row["address"])
        )
        for row in rows
    }


async def protected_people(uow: UnitOfWork, people: Iterable[Person], *, on: date) -> set[Person]:
    """Those of `people` whose address must not be shown or printed on a day: under 支援措置, or living in such a person's household.

    住民基本台帳事務処理要領 第5の10. A protection whose period has run out still holds until an officer has ended it.
    """
    codes, numbers = _columns(people)
    return {(row["m"], row["n"]) for row in await (await driver(uow.connection)).fetch(_PROTECTED, codes, numbers, on)}


def _columns(people: Iterable[Person]) -> tuple[list[str], list[str]]:
    found = list(people)
    return [code for code, _ in found], [number for _, number in found]
