"""税情報取込結果: each file of incomes with what it held and what was written of it, persons and yen by kind of income (I-13)."""

from __future__ import annotations

import json
from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.municipal import IncomesBatchSealed

from premium_service.store.incomes import AMOUNTS, Counted

KINDS: Final = (*AMOUNTS, "total_income")
_KEEP: Final = """
INSERT INTO income_file VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (batch_id) DO NOTHING
"""
_LISTED: Final = """
SELECT batch_id, municipality_code, generation, complete_as_of, sent, rejected, parked, sealed, overtaken, written, loaded_at,
    sealed_totals::text AS sealed_totals, unwritten_totals::text AS unwritten_totals, written_totals::text AS written_totals
FROM income_file WHERE $1::text IS NULL OR municipality_code = $1 ORDER BY loaded_at DESC LIMIT $2
"""


async def keep(event: IncomesBatchSealed, counted: Counted, uow: UnitOfWork) -> None:
    """Keep what became of a file that was loaded in this transaction."""
    totals = (event.seal.totals, dict(counted.unwritten_totals), dict(counted.written_totals))
    await (await driver(uow.connection)).execute(
        _KEEP, event.batch_id, event.municipality_code, event.generation, event.complete_as_of, event.sent, event.rejected, event.parked,
        event.seal.rows, counted.overtaken, counted.written, *(json.dumps(found) for found in totals), uow.now,
    )  # fmt: skip


async def listing(uow: UnitOfWork, *, municipality_code: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The latest files that the reader may see, each with its yen by kind and what does not agree."""
    rows = await (await driver(uow.connection)).fetch(_LISTED, municipality_code, limit)
    return [_compared(dict(row)) for row in rows]


def _compared(file: dict[str, Any]) -> dict[str, Any]:
    """A file with `kinds` (sealed, written, unwritten yen of each kind) and `differences`, in words; none when everything agrees."""
    sealed, unwritten, written = (json.loads(file.pop(f"{name}_totals")) for name in ("sealed", "unwritten", "written"))
    kinds = [{"kind": k, "sealed": sealed.get(k), "written": written.get(k, 0), "unwritten": unwritten.get(k, 0)} for k in KINDS]
    differences = [f"{one['kind']}" for one in kinds if one["sealed"] is not None and one["sealed"] != one["written"] + one["unwritten"]]
    if file["sealed"] != file["written"] + file["overtaken"]:
        differences.append("rows")
    if file["sent"] is not None and file["sent"] != file["sealed"] + file["rejected"] + file["parked"]:
        differences.append("sent")
    return {**file, "kinds": kinds, "differences": differences}
