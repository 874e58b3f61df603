"""本算定の差分: whom a run would decide differently, found when it is prepared and kept for who approves it and who asks later."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records, copy_in
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from premium_service.domain.assessing import Outcome
from premium_service.domain.reasons import FIRST, Codes, Grouped, reasons

DIFFERENCE_DTYPE = np.dtype(
    [
        ("run_id", "S16"),
        ("insured_id", "S16"),
        ("municipality_code", "S6"),
        ("fiscal_year", np.int16),
        ("household", np.int64),
        ("reasons", np.int16),
        ("amount_before", np.int64),
        ("amount_after", np.int64),
    ]
)


async def keep(raw: Connection[Any], run_id: UUID, inputs: Records, outcome: Outcome, before: Records, grouped: Grouped) -> None:
    """Add the differences of a part of a run to `grouped`, and keep each of somebody who was decided before."""
    decisions = outcome.decisions
    if not len(decisions):
        return
    place, known = found(before, decisions["insured_id"])
    old = before[place] if len(before) else np.zeros(len(decisions), decisions.dtype)
    codes = reasons(old, decisions, known)
    amount_before = np.where(known, old["annual_amount"], 0)
    grouped.add(codes, decisions["annual_amount"] - amount_before)
    rows = np.flatnonzero(codes != FIRST)
    await _write(raw, run_id, decisions[rows], codes[rows], amount_before[rows])


async def compare(raw: Connection[Any], run_id: UUID, first: Records, second: Records) -> dict[str, int]:
    """Keep whose amount is another in `second` than in `first`, row by row the same person, each with its reason; how many there are."""
    codes = reasons(first, second, np.ones(len(first), np.bool_))
    rows = np.flatnonzero(first["annual_amount"] != second["annual_amount"])
    await _write(raw, run_id, second[rows], codes[rows], first["annual_amount"][rows])
    return {"different": len(rows), "same": len(first) - len(rows)}


async def _write(raw: Connection[Any], run_id: UUID, after: Records, codes: Codes, amount_before: np.ndarray[Any, Any]) -> None:
    made = np.zeros(len(after), DIFFERENCE_DTYPE)
    made["run_id"] = run_id.bytes
    for name in ("insured_id", "municipality_code", "fiscal_year", "household"):
        made[name] = after[name]
    made["reasons"], made["amount_before"], made["amount_after"] = codes, amount_before, after["annual_amount"]
    if len(made):
        await copy_in(raw, "run_difference", made)


def found(before: Records, keys: Records) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where each key stands among `before` (sorted by insured_id), and whether it does."""
    if not len(before):
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
    place = np.minimum(np.searchsorted(before["insured_id"], keys), len(before) - 1)
    return place, before["insured_id"][place] == keys


async def of_run(connection: AsyncConnection, run_id: UUID, *, code: int | None, first: int, most: int) -> tuple[int, list[dict[str, Any]]]:
    """How many differences a run has (of one set of reasons), and some of them, the largest first."""
    values = {"run": run_id, "code": code, "first": first, "most": most}
    total = (await connection.execute(_COUNT, values)).scalar_one()
    return total, [dict(row) for row in (await connection.execute(_OF_RUN, values)).mappings()]


async def groups(connection: AsyncConnection, run_id: UUID) -> list[dict[str, Any]]:
    """People and yen of a run by set of reasons."""
    return [dict(row) for row in (await connection.execute(_GROUPS, {"run": run_id})).mappings()]


_WHERE = "FROM run_difference d WHERE d.run_id = :run AND (CAST(:code AS smallint) IS NULL OR d.reasons = :code)"
_COUNT = text(f"SELECT count(*) {_WHERE}")
_OF_RUN = text(f"""
SELECT d.insured_id, d.municipality_code, d.fiscal_year, d.reasons, d.amount_before, d.amount_after, r.resident_number, r.name,
       i.insured_number, d.household
{_WHERE.replace("WHERE", "JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident WHERE")}
ORDER BY abs(d.amount_after - d.amount_before) DESC, d.insured_id LIMIT :most OFFSET :first
""")
_GROUPS = text("""
SELECT fiscal_year, reasons, count(*) AS people, sum(amount_after - amount_before)::bigint AS yen FROM run_difference WHERE run_id = :run
GROUP BY 1, 2 ORDER BY 1, abs(sum(amount_after - amount_before)) DESC
""")
