"""Somebody who pays, as a clerk's command needs him: whose premiums of which years are charged under a 宛名番号."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.commands import Person
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

_YEARS: Final = """
SELECT fiscal_year, insured_id FROM assessment WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY decided_on, insured_id
"""
_WITHHELD: Final = """
SELECT a.municipality_code, a.resident_number FROM addressee_shown a
JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (a.municipality_code, a.resident_number) = (k.m, k.n) WHERE a.address_withheld
"""
_NAMED: Final = """
SELECT a.name, i.insured_number FROM addressee a
LEFT JOIN assessment s ON (s.municipality_code, s.resident_number) = (a.municipality_code, a.resident_number)
LEFT JOIN insured i ON i.insured_id = s.insured_id
WHERE (a.municipality_code, a.resident_number) = ($1, $2) ORDER BY s.fiscal_year DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Payer:
    """A resident whose premium we charge. `years`: fiscal year → the insured person whose premium of that year it is."""

    person: Person
    years: dict[int, UUID]


async def find(uow: UnitOfWork, person: Person) -> Payer:
    """The payer under a 宛名番号; no years where nothing is charged, or the reader may not see it."""
    rows = await (await driver(uow.connection)).fetch(_YEARS, *person)
    return Payer(person, {row["fiscal_year"]: row["insured_id"] for row in rows})


async def named(uow: UnitOfWork, person: Person) -> dict[str, Any]:
    """`name` and `insured_number` of a resident; empty texts where the record has not come."""
    row = await (await driver(uow.connection)).fetchrow(_NAMED, *person)
    return {"name": row["name"] if row else "", "insured_number": (row["insured_number"] if row else None) or ""}


async def withheld(uow: UnitOfWork, people: Iterable[Person], *, on: date) -> set[Person]:
    """Those of `people` whose address must not be shown (支援措置); as it is now, whatever the day."""
    found = list(people)
    rows = await (await driver(uow.connection)).fetch(_WITHHELD, [code for code, _ in found], [number for _, number in found])
    return {(row[0], row[1]) for row in rows}
