"""Qualifications by day: from `acquired_on` up to, not including, `lost_on`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

INSURED: Final[dict[str, pl.DataType]] = {
    "insured_id": pl.String(),
    "insured_number": pl.String(),
    "insurer_number": pl.String(),
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "acquired_on": pl.Date(),
    "lost_on": pl.Date(),
    "sequence": pl.Int32(),
}

POSITIONS = """
SELECT insured_id::text AS position, sequence FROM insured WHERE insured_id = ANY ($1::text[]::uuid[]) ORDER BY insured_id FOR UPDATE
"""
_KEEP = f"""
INSERT INTO insured ({", ".join(INSURED)})
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::int[])
ON CONFLICT (insured_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in list(INSURED)[1:])}
WHERE excluded.sequence > insured.sequence
"""
_OF_NUMBER = """
SELECT insured_id, insurer_number, municipality_code, resident_number, acquired_on, lost_on FROM insured
WHERE insured_number = $1 ORDER BY acquired_on, insured_id
"""


@dataclass(frozen=True, slots=True)
class Qualification:
    """One qualification of a person, as known now."""

    insured_id: UUID
    insurer_number: str
    municipality_code: str
    resident_number: str
    acquired_on: date
    lost_on: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the person is insured on `day` by this qualification; one that ends on the day it begins holds on none."""
        return self.acquired_on <= day and (self.lost_on is None or day < self.lost_on)


async def keep_insured(rows: pl.DataFrame, uow: UnitOfWork) -> None:
    """Keep qualifications (INSURED); of several about one, and of what is kept already, the one with the highest sequence."""
    latest = rows.sort("insured_id", "sequence").unique("insured_id", keep="last", maintain_order=True)
    raw = await driver(uow.connection)
    await raw.execute(_KEEP, *(latest[name].to_list() for name in INSURED))


async def qualifications_of(raw: Connection[Any], insured_number: str) -> list[Qualification]:
    """Every qualification under a 被保険者番号, earliest first; moves within the union keep the number."""
    return [Qualification(*row) for row in await raw.fetch(_OF_NUMBER, insured_number)]
