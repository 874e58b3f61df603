"""対象者の固定: keep the people of every decision in force as files, for trials, comparisons of laws and finders."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from premium_service import settings
from premium_service.domain.assessing import parameters_of
from premium_service.store import populations
from premium_service.store.profiles import profiles_for


class FreezePopulation:
    """One chunk: who is in force is seen by one transaction. Parameters: `fiscal_year`, `known_on`, `name`, `by`, `key`."""

    name = "freeze-population"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        fiscal_year, known_on = int(parameters["fiscal_year"]), date.fromisoformat(parameters["known_on"])
        await populations.register(
            uow.connection, run_id, name=parameters["name"], source="decisions", fiscal_year=fiscal_year, known_on=known_on,
            by=parameters["by"], at=uow.now, key=parameters["key"],
        )  # fmt: skip
        return Plan([Chunk(1, "", "", 0)], {"fiscal_year": fiscal_year, "known_on": str(known_on)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw = await driver(uow.connection)
        year = int(parameters["fiscal_year"])
        households, people, yen = await populations.take(raw, year, date.fromisoformat(parameters["known_on"]))
        digest, kept, kept_yen, number = hashlib.sha256(), 0, 0, 0
        for number, first, last in populations.ranges(households):
            records = await populations.taken(raw, year, first, last)
            digest.update((await populations.keep(uow.store, run_id, number, records)).encode())
            kept += int(records["is_assessed"].sum())
            kept_yen += int(records["decided_annual_amount"].sum())
        found = {"people": people, "yen": yen, "kept": kept, "kept_yen": kept_yen}
        if (kept, kept_yen) == (people, yen):
            await populations.complete(
                uow.connection, run_id, chunks=number, people=kept, annual_amount=kept_yen, inputs_hash=digest.hexdigest()
            )
            # The first trial of the year then need not wait for them.
            law = parameters_of(settings.current().union, year, sample=settings.current().sample_data)
            await profiles_for(uow.store, await populations.get(uow.connection, run_id), law)
        return found

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        if (totals["people"], totals["yen"]) == (totals["kept"], totals["kept_yen"]):
            return {}
        return {"kept": "the kept rows are not the decisions in force: inputs of a decision are missing"}
