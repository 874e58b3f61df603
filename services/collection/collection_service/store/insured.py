"""Who is insured under which number: what stands on a notice besides the address."""

from __future__ import annotations

from typing import Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

INSURED: Final[dict[str, pl.DataType]] = {
    "insured_id": pl.String(),
    "insured_number": pl.String(),
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "acquired_on": pl.Date(),
    "lost_on": pl.Date(),
    "sequence": pl.Int32(),
}
"""What collection takes over of a qualification."""

POSITIONS = """
SELECT insured_id::text AS position, sequence FROM insured WHERE insured_id = ANY ($1::text[]::uuid[]) ORDER BY insured_id FOR UPDATE
"""
_KEEP = f"""
INSERT INTO insured ({", ".join(INSURED)}) 
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::int[])
ON CONFLICT (insured_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in list(INSURED)[1:])}
WHERE excluded.sequence > insured.sequence
"""


async def keep_insured(rows: pl.DataFrame, uow: UnitOfWork) -> None:
    """Keep qualifications (INSURED); of several about one, and of what is kept already, the one with the highest sequence."""
    latest = rows.sort("insured_id", "sequence").unique("insured_id", keep="last", maintain_order=True)
    raw = await driver(uow.connection)
    await raw.execute(_KEEP, *(latest[name].to_list() for name in INSURED))
