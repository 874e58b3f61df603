"""Who a resident is to a clerk's command, and whose address is withheld (支援措置)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.commands import Person
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

_KNOWN: Final = "SELECT name, status FROM addressee WHERE (municipality_code, resident_number) = ($1, $2)"
_WITHHELD: Final = """
SELECT s.municipality_code, s.resident_number FROM addressee_shown s
JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (s.municipality_code, s.resident_number) = (k.m, k.n) WHERE s.address_withheld
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A resident as the last record has him."""

    person: Person
    name: str
    status: str


async def known(uow: UnitOfWork, person: Person) -> Known | None:
    """The resident, or None where no record has come."""
    row = await (await driver(uow.connection)).fetchrow(_KNOWN, *person)
    return Known(person, row["name"], row["status"]) if row else None


async def withheld(uow: UnitOfWork, people: Iterable[Person], *, on: date) -> set[Person]:
    """Of these residents, those whose address is withheld now; every day counts as today, since only open protections are kept."""
    asked = sorted(people)
    rows = await (await driver(uow.connection)).fetch(_WITHHELD, [code for code, _ in asked], [number for _, number in asked])
    return {(row["municipality_code"], row["resident_number"]) for row in rows}
