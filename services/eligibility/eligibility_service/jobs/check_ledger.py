"""`check-ledger`: the whole ledger is replayed from what municipalities said and what was entered, and compared with what is stored."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store import checking

PEOPLE: Final = 20_000


class CheckLedger:
    """台帳の検査. It changes nothing: it counts people, qualifications, and differences, and names the first people that differ."""

    name = "check-ledger"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        rows = await (await driver(uow.connection)).fetch(checking.PARTS, PEOPLE)
        chunks = [Chunk(number, row["first"], row["last"], row["records"]) for number, row in enumerate(rows, start=1)]
        return Plan(chunks, {"検査する人数": sum(chunk.records for chunk in chunks), "基準日": uow.today.isoformat()})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        people = await checking.people_between(uow, chunk.first_key, chunk.last_key)
        differences = await checking.differences(uow, people)
        await checking.keep(uow, run_id, differences)
        return {"people": people.height, "differences": differences.height, **_by_what(differences)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """The ledger is what follows from its log, or these people differ."""
        found = await checking.kept(uow, run_id)
        return {"台帳の相違": {"件数": totals.get("differences", 0), "人": found}} if totals.get("differences", 0) else {}


def _by_what(differences: pl.DataFrame) -> dict[str, int]:
    return {str(row["what"]): int(row["len"]) for row in differences.group_by("what").len().iter_rows(named=True)}
