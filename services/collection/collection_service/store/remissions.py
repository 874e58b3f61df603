"""減免 and 徴収猶予 as premium last said them: what is taken off a charge, and which instalments wait until when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from asyncpg import Connection
from contracts.events.premium import DeferralDecided, RemissionDecided

from collection_service.domain.charging import ASSESSED, KEY

REMISSIONS: Final = """
SELECT insured_id::text || ':' || fiscal_year AS position, sequence FROM remission
WHERE (insured_id, fiscal_year) IN (SELECT split_part(k, ':', 1)::uuid, split_part(k, ':', 2)::smallint FROM unnest($1::text[]) AS k)
ORDER BY insured_id, fiscal_year FOR UPDATE
"""
DEFERRALS: Final = REMISSIONS.replace("FROM remission", "FROM deferral")
_KEEP_REMISSION: Final = """
INSERT INTO remission (insured_id, fiscal_year, municipality_code, sequence, remitted_amount) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (insured_id, fiscal_year) DO UPDATE SET sequence = excluded.sequence, remitted_amount = excluded.remitted_amount,
    municipality_code = excluded.municipality_code
WHERE excluded.sequence > remission.sequence
"""
_KEEP_DEFERRAL: Final = """
INSERT INTO deferral (insured_id, fiscal_year, municipality_code, sequence, numbers, deferred_until) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (insured_id, fiscal_year) DO UPDATE SET sequence = excluded.sequence, numbers = excluded.numbers,
    deferred_until = excluded.deferred_until, municipality_code = excluded.municipality_code
WHERE excluded.sequence > deferral.sequence
"""
_REMITTED: Final = """
SELECT m.insured_id::text, m.fiscal_year, m.remitted_amount FROM unnest($1::uuid[], $2::int[]) AS k(insured_id, fiscal_year)
JOIN remission m ON (m.insured_id, m.fiscal_year) = (k.insured_id, k.fiscal_year)
"""
_CHARGED: Final = """
SELECT a.insured_id::text, a.fiscal_year, a.municipality_code, a.resident_number, a.assessment_id::text, a.assessed_amount, a.provisional,
    make_date(a.fiscal_year, 4, 1), a.sequence, a.revision + 1
FROM unnest($1::uuid[], $2::int[]) AS k(insured_id, fiscal_year)
JOIN assessment a ON (a.insured_id, a.fiscal_year) = (k.insured_id, k.fiscal_year)
JOIN remission m ON (m.insured_id, m.fiscal_year) = (a.insured_id, a.fiscal_year)
WHERE a.annual_amount <> greatest(a.assessed_amount - m.remitted_amount, 0) ORDER BY a.insured_id, a.fiscal_year FOR UPDATE OF a
"""


async def keep_remissions(raw: Connection[Any], events: Sequence[RemissionDecided]) -> None:
    """Keep what is remitted; of several about one person and fiscal year the last."""
    rows = [(e.insured_id, e.fiscal_year, e.municipality_code, e.sequence or 0, e.remitted_amount) for e in events]
    await raw.executemany(_KEEP_REMISSION, rows)


async def keep_deferrals(raw: Connection[Any], events: Sequence[DeferralDecided]) -> None:
    """Keep until when which instalments are deferred; of several about one person and fiscal year the last."""
    rows = [
        (e.insured_id, e.fiscal_year, e.municipality_code, e.sequence or 0, [one.number for one in e.deferred],
         [one.deferred_until for one in e.deferred])
        for e in events
    ]  # fmt: skip
    await raw.executemany(_KEEP_DEFERRAL, rows)


async def less_remitted(raw: Connection[Any], assessed: pl.DataFrame) -> pl.DataFrame:
    """Assessments with `annual_amount` as it is charged, and `assessed_amount` as it was decided."""
    rows: Sequence[Any] = []
    if await raw.fetchval("SELECT EXISTS (SELECT FROM remission)"):
        rows = await raw.fetch(_REMITTED, assessed["insured_id"].to_list(), assessed["fiscal_year"].to_list())
    schema = {"insured_id": pl.String(), "fiscal_year": pl.Int32(), "remitted": pl.Int64()}
    remitted = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    left = pl.col("annual_amount") - pl.col("remitted").fill_null(0)
    joined = assessed.join(remitted, on=KEY, how="left", maintain_order="left")
    return joined.with_columns(assessed_amount=pl.col("annual_amount"), annual_amount=pl.max_horizontal(left, 0)).drop("remitted")


async def charged_otherwise(raw: Connection[Any], events: Sequence[RemissionDecided]) -> pl.DataFrame:
    """The assessments of these people whose charge is not what it should be now, as assessed and locked, with their next `revision`."""
    rows = await raw.fetch(_CHARGED, [event.insured_id for event in events], [event.fiscal_year for event in events])
    schema = {**ASSESSED, "revision": pl.Int32()}
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row").unique(KEY, maintain_order=True)
