"""75歳到達予定者 of a municipality as rows of the file that leaves for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import ledger
from eligibility_service.rules.acquisition import reaches_75_on
from eligibility_service.store.bulk import frame_of

# Born around the days of 75 years before; the rule of the birthday says who of them it is.
_BORN: Final = """
SELECT r.municipality_code, r.resident_number, r.sequence AS resident_history_number, r.born_on, r.sex,
       CASE WHEN EXISTS (SELECT FROM qualification q
           WHERE (q.municipality_code, q.resident_number) = (r.municipality_code, r.resident_number)
             AND q.acquired_on <= $4 AND (q.lost_on IS NULL OR q.lost_on > $4)) THEN '1' ELSE '0' END AS disability
FROM resident r
WHERE r.municipality_code = $1 AND r.born_on BETWEEN $2::date - interval '75 years 2 days' AND $3::date - interval '75 years'
  AND r.status = '1' AND r.resident_since <= $3
"""
_ROWS: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(), "resident_number": pl.String(), "resident_history_number": pl.Int32(), "born_on": pl.Date(),
    "sex": pl.String(), "disability": pl.String(),
}  # fmt: skip


async def rows(uow: UnitOfWork, municipality_code: str, first: date, last: date) -> pl.DataFrame:
    """Everybody who reaches 75 from one day to another, and whether a certified disability insures them today."""
    raw = await driver(uow.connection)
    found = frame_of(await raw.fetch(_BORN, municipality_code, first, last + timedelta(days=1), uow.today), _ROWS)
    reached = ledger.days_of(reaches_75_on(born_on=ledger.day_numbers(found["born_on"])))
    return found.with_columns(reached_on=reached).filter(pl.col("reached_on").is_between(first, last))
