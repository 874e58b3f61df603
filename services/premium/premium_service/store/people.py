"""Somebody as a clerk's command and a letter need him: the resident, the insured person, and whether the address is withheld (支援措置)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.commands import Person
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.domain.people import Addressee, Known, Recipient

WITHHELD: Final = """
WITH protected AS (
    SELECT r.number FROM protected_person p JOIN resident r USING (municipality_code, resident_number) WHERE p.valid_until IS NULL
), withheld AS (
    SELECT number FROM protected
    UNION SELECT m.resident FROM protected p JOIN membership o ON o.resident = p.number JOIN membership m USING (household_id)
    WHERE $1 >= m.valid_from AND $1 < m.valid_until AND $1 >= o.valid_from AND $1 < o.valid_until
)
"""
_SOME: Final = f"""{WITHHELD}
SELECT r.municipality_code, r.resident_number FROM withheld w JOIN resident r USING (number)
JOIN unnest($2::text[], $3::text[]) AS k(m, n) ON (r.municipality_code, r.resident_number) = (k.m, k.n)
"""
_FIND: Final = f"""{WITHHELD}
SELECT r.number, r.municipality_code, r.resident_number, r.name, r.born_on, i.insured_id, i.insured_number, i.acquired_on, i.lost_on,
    r.postal_code, r.address, r.number IN (SELECT number FROM withheld) AS address_withheld
FROM resident r LEFT JOIN LATERAL (
    SELECT * FROM insured WHERE resident = r.number AND {{which}} ORDER BY acquired_on DESC LIMIT 1
) AS i ON true
WHERE r.born_on IS NOT NULL AND {{whom}}
"""
_BY_NUMBER: Final = _FIND.format(which="true", whom="(r.municipality_code, r.resident_number) = ($2, $3)")
_BY_INSURED: Final = _FIND.format(which="insured_id = $2", whom="r.number = (SELECT resident FROM insured WHERE insured_id = $2)")

_RECIPIENTS: Final = f"""{WITHHELD}
SELECT r.number, r.municipality_code, r.resident_number, r.name, r.born_on, i.insured_id, i.insured_number, r.postal_code, r.address,
    r.number IN (SELECT number FROM withheld) AS address_withheld,
    NOT EXISTS (SELECT 1 FROM membership m WHERE m.resident = r.number AND $1 >= m.valid_from AND $1 < m.valid_until) AS gone
FROM insured i JOIN resident r ON r.number = i.resident WHERE i.insured_id = ANY ($2::uuid[]) AND r.born_on IS NOT NULL
"""


async def find(uow: UnitOfWork, person: Person) -> Known | None:
    """A resident whose record has come; None where there is none, or whom the reader may not see."""
    return _known(await (await driver(uow.connection)).fetchrow(_BY_NUMBER, uow.today, *person))


async def addressee(uow: UnitOfWork, insured_id: UUID) -> Addressee | None:
    """To whom a letter about an insured person goes; None when the reader may not see the person.

    No postal code and no lines where the address is withheld: a protected person, or somebody of such a person's household (支援措置).
    """
    found = _known(await (await driver(uow.connection)).fetchrow(_BY_INSURED, uow.today, insured_id))
    return found.addressee if found else None


async def recipients(uow: UnitOfWork, insured: Sequence[UUID]) -> dict[UUID, Recipient]:
    """To whom the letters about insured people go; whose resident record has not come is not in it."""
    rows = await (await driver(uow.connection)).fetch(_RECIPIENTS, uow.today, list(insured))
    return {row["insured_id"]: Recipient(found.addressee, row["gone"]) for row in rows if (found := _known(row)) is not None}


async def withheld(uow: UnitOfWork, people: Iterable[Person], *, on: date) -> set[Person]:
    """Those of `people` whose address must not be shown or printed on a day."""
    found = list(people)
    rows = await (await driver(uow.connection)).fetch(_SOME, on, [code for code, _ in found], [number for _, number in found])
    return {(row[0], row[1]) for row in rows}


def _known(row: Any) -> Known | None:
    if row is None:
        return None
    hidden = row["address_withheld"]
    return Known(
        number=row["number"],
        person=(row["municipality_code"], row["resident_number"]),
        name=row["name"],
        born_on=row["born_on"],
        insured_id=row["insured_id"],
        insured_number=row["insured_number"] or "",
        address_withheld=hidden,
        postal_code=None if hidden else row["postal_code"],
        address=() if hidden else tuple(row["address"] or ()),
    )
