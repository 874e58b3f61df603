"""口座振替の引継ぎ: mandates of 国保 or another scheme go on for this premium. In 2008 many were lost, and premiums became unpaid."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.jobs.arrived_rows import rows_of
from collection_service.store import carrying
from collection_service.store.arrivals import open_arrived

KIND: Final = "carried_mandates"
NAMED: Final = 500
"""How many residents of each reason the preview names; the counts are of all."""


class CarryOverMandates:
    """Parameters `file` (SHA-256 of a file carried_mandates, koki-1) and `since` (first day, YYYY-MM-DD; the business day)."""

    name = "carry-over-mandates"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Judge every row: carried, or left with a reason; the preview names whoever is left."""
        judged = await self._judged(parameters, uow)
        left = judged.filter(pl.col("left") != "")
        named = {str(reason): rows["resident_number"].to_list() for (reason,), rows in left.partition_by("left", as_dict=True).items()}
        preview = {
            "rows": judged.height,
            "carried": judged.height - left.height,
            "left": {reason: len(numbers) for reason, numbers in sorted(named.items())},
            "residents_left": {reason: sorted(numbers)[:NAMED] for reason, numbers in sorted(named.items())},
            "since": _since(parameters, uow.today).isoformat(),
        }
        return Plan([Chunk(1, "1", str(judged.height), judged.height)], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Give the mandates of everybody who can have one, by one statement. Accounts need two officers (I-35): not the same for both."""
        raw = await driver(uow.connection)
        if await carrying.is_own_approval(raw, run_id):
            raise Problem(409, "KOKI-C089", "口座の引継ぎは、処理を始めた人とは別の職員が承認してください。")
        judged = await self._judged(parameters, uow)
        carried = await carrying.give(raw, run_id, judged.filter(pl.col("left") == ""), since=_since(parameters, uow.today))
        return {"rows": judged.height, "carried": carried, "left": judged.height - carried}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """rows = carried + left, and every carried row stands as the file has it."""
        frame, _ = rows_of(await open_arrived(uow, parameters, KIND))
        stored = await carrying.of_run(await driver(uow.connection), run_id)
        differences: dict[str, Any] = {}
        if stored.height != totals.get("carried", 0) or frame.height != totals.get("carried", 0) + totals.get("left", 0):
            differences["rows"] = {"file": frame.height, "stored": stored.height, **totals}
        if others := stored.join(frame, on=list(stored.columns), how="anti").height:
            differences["other_accounts"] = others
        return differences

    async def _judged(self, parameters: dict[str, Any], uow: UnitOfWork) -> pl.DataFrame:
        frame, _ = rows_of(await open_arrived(uow, parameters, KIND))
        return await carrying.judged(await driver(uow.connection), frame, since=_since(parameters, uow.today))


def _since(parameters: dict[str, Any], today: date) -> date:
    try:
        return date.fromisoformat(str(parameters["since"])) if "since" in parameters else today
    except ValueError as error:
        raise Problem(422, "KOKI-C090", f"日付「{parameters['since']}」を読めません。", "2026-10-01 の形で書いてください。") from error
