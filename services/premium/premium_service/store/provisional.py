"""仮算定賦課台帳: the lines of provisional runs; the last reconciled run of a fiscal year is the one in force."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
from asyncpg import Connection
from chassis.binary_copy import Records, copy_in, copy_out

AMOUNT_DTYPE: Final = np.dtype([("insured_id", "S16"), ("amount", np.int64)])


async def append(raw: Connection[Any], lines: Records) -> None:
    """Write lines of PROVISIONAL_DTYPE."""
    await copy_in(raw, "provisional_assessment", lines)


async def of_last_run(raw: Connection[Any], fiscal_year: int) -> Records:
    """insured_id and amount of the ledger in force, by insured_id; empty where there is none."""
    run_id = await raw.fetchval("SELECT run_id FROM provisional_year WHERE fiscal_year = $1", fiscal_year)
    if run_id is None:
        return np.zeros(0, AMOUNT_DTYPE)
    query = "SELECT insured_id, amount FROM provisional_assessment WHERE run_id = $1 ORDER BY insured_id"
    return await copy_out(raw, query, AMOUNT_DTYPE, run_id)


def amounts_before(before: Records, lines: Records) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """For each line the amount of the run before (0 where there is none), and whether there is one."""
    if not len(before):
        return np.zeros(len(lines), np.int64), np.zeros(len(lines), np.bool_)
    place = np.minimum(np.searchsorted(before["insured_id"], lines["insured_id"]), len(before) - 1)
    known = before["insured_id"][place] == lines["insured_id"]
    return np.where(known, before["amount"][place], 0), known


async def totals_of(raw: Connection[Any], run_id: UUID) -> tuple[int, int]:
    """How many lines a run has, and their yen."""
    query = "SELECT count(*) AS rows, coalesce(sum(amount), 0)::bigint AS yen FROM provisional_assessment WHERE run_id = $1"
    row = await raw.fetchrow(query, run_id)
    return row["rows"], row["yen"]


async def put_in_force(raw: Connection[Any], run_id: UUID, fiscal_year: int) -> None:
    """From now on this run is the provisional ledger of the fiscal year; the lines of the one before are kept."""
    await raw.execute(
        "INSERT INTO provisional_year VALUES ($1, $2) ON CONFLICT (fiscal_year) DO UPDATE SET run_id = excluded.run_id", fiscal_year, run_id
    )
