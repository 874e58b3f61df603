"""負担割合 by day: every decision of a copay year is kept; of those that cover a day, the one with the highest sequence holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

RATE: Final[dict[str, pl.DataType]] = {
    "insured_id": pl.String(),
    "copay_year": pl.Int16(),
    "sequence": pl.Int32(),
    "municipality_code": pl.String(),
    "rate_percent": pl.Int16(),
    "limit_class": pl.String(),
    "valid_from": pl.Date(),
    "valid_until": pl.Date(),
    "provisional": pl.Boolean(),
}
POSITIONS: Final = """
SELECT insured_id || ':' || copay_year AS position, max(sequence) AS sequence FROM copay_rate
WHERE (insured_id, copay_year) IN (SELECT split_part(p, ':', 1)::uuid, split_part(p, ':', 2)::smallint FROM unnest($1::text[]) AS p)
GROUP BY insured_id, copay_year ORDER BY 1
"""
_KEEP: Final = f"""
INSERT INTO copay_rate ({", ".join(RATE)})
SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::int[], $4::text[], $5::smallint[], $6::text[], $7::date[], $8::date[], $9::boolean[])
ON CONFLICT DO NOTHING
"""
_ON: Final = """
SELECT DISTINCT ON (insured_id) insured_id, rate_percent, limit_class, provisional FROM copay_rate
WHERE insured_id = ANY ($1::uuid[]) AND $2 BETWEEN valid_from AND valid_until ORDER BY insured_id, sequence DESC
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """What holds for one insured person on a day; `limit_class` is None while it is not decided."""

    insured_id: UUID
    rate_percent: int
    limit_class: str | None
    provisional: bool


async def keep_rates(rows: pl.DataFrame, uow: UnitOfWork) -> None:
    """Keep decisions (RATE); what is kept already stays."""
    await (await driver(uow.connection)).execute(_KEEP, *(rows[name].to_list() for name in RATE))


async def rates_on(raw: Connection[Any], insured_ids: Collection[UUID], on: date) -> dict[UUID, Rate]:
    """The rate of each insured person on a day; whoever has none is not in it."""
    return {row["insured_id"]: Rate(*row) for row in await raw.fetch(_ON, list(insured_ids), on)}
