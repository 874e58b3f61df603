"""金融機関・店舗の取込: the site's list of banks and branches, from a file that has arrived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from collection_service.jobs.arrived_rows import rows_of
from collection_service.store import bank_branches
from collection_service.store.arrivals import open_arrived

KIND = "bank_branches"


class LoadBankBranches:
    """Parameter `file`: the SHA-256 of a file bank_branches (koki-1)."""

    name = "load-bank-branches"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Read the file in full; the preview says how many branches are new and how many are in the list that it does not name."""
        frame, _ = rows_of(await open_arrived(uow, parameters, KIND))
        known = await bank_branches.kana_of(await driver(uow.connection))
        key = ["bank_code", "branch_code"]
        new, gone = frame.join(known, on=key, how="anti").height, known.join(frame, on=key, how="anti").height
        return Plan([Chunk(1, "1", str(frame.height), frame.height)], {"branches": frame.height, "new": new, "not_named": gone})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Keep every branch of the file."""
        frame, _ = rows_of(await open_arrived(uow, parameters, KIND))
        await bank_branches.keep(await driver(uow.connection), frame)
        return {"branches": frame.height}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every branch of the file stands in the list under the same names."""
        frame, _ = rows_of(await open_arrived(uow, parameters, KIND))
        known = await bank_branches.kana_of(await driver(uow.connection))
        missing = frame.join(known, on=known.columns, how="anti").height
        return {"missing": missing} if missing else {}
