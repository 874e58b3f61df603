"""The mirror of incomes: the last record of each resident and calendar year. Unknown is a status or a flag, never an amount."""

from __future__ import annotations

from typing import Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.incomes import INCOME, INCOME_KEY
from eligibility_service.store.bulk import copy_frame

POSITIONS: Final = """
SELECT i.municipality_code || ':' || i.resident_number || ':' || i.income_year AS position, i.sequence FROM income i
JOIN (SELECT split_part(p, ':', 1) AS m, split_part(p, ':', 2) AS n, split_part(p, ':', 3)::smallint AS y FROM unnest($1::text[]) AS p) AS k
  ON (i.municipality_code, i.resident_number, i.income_year) = (k.m, k.n, k.y)
ORDER BY i.municipality_code, i.resident_number, i.income_year FOR UPDATE OF i
"""
"""The position of each stream of incomes is the sequence of its last record."""

_INCOMING: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS incoming_income ON COMMIT DELETE ROWS AS SELECT * FROM income WITH NO DATA"
_COLUMNS: Final = ", ".join(INCOME)
_SET: Final = ", ".join(f"{name} = excluded.{name}" for name in INCOME if name not in INCOME_KEY)
_TAKE: Final = f"""
INSERT INTO income ({_COLUMNS}) SELECT {_COLUMNS} FROM incoming_income
ON CONFLICT ({", ".join(INCOME_KEY)}) DO UPDATE SET {_SET} WHERE excluded.sequence > income.sequence
"""


async def take(uow: UnitOfWork, records: pl.DataFrame) -> None:
    """Keep records (INCOME, at most one for each resident and year); one that was seen before is dropped."""
    if records.height == 0:
        return
    raw = await driver(uow.connection)
    known = await raw.fetchval(
        "SELECT EXISTS (SELECT FROM income WHERE municipality_code = ANY ($1::text[]) AND income_year = ANY ($2::smallint[]))",
        records["municipality_code"].unique().to_list(),
        records["income_year"].unique().to_list(),
    )
    if not known:
        await copy_frame(raw, "income", records, list(INCOME))  # a first file of the year: nothing to compare with
        return
    await raw.execute(_INCOMING)
    await raw.execute("TRUNCATE incoming_income")
    await copy_frame(raw, "incoming_income", records, list(INCOME))
    await raw.execute(_TAKE)
