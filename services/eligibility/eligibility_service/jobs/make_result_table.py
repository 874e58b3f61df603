"""`make-result-table`: 創設結果表, the ledger of the cut-off day against the sealed extract of each municipality."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from chassis import batches
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import decode, read
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed

from eligibility_service.domain import records, result_table
from eligibility_service.store import migration, municipal_batches, results


class NoCutOff(Exception):
    """The plan has no cut-off day yet: nobody can say who should be insured."""


class MakeResultTable:
    """One chunk a municipality. The extract is opened by its seal once more and compared with the mirror, the mirror with the ledger."""

    name = "make-result-table"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        plan = await migration.plan(uow)
        if plan is None:
            raise NoCutOff("移行の計画に基準日がありません。基準日を決めてから、創設結果表を作ってください。")
        extracts = await municipal_batches.complete_extracts(uow)
        chunks = [
            Chunk(number, row["municipality_code"], row["municipality_code"], row["people"]) for number, row in enumerate(extracts, start=1)
        ]
        return Plan(
            chunks, {"基準日": plan.cut_off_on.isoformat(), "市区町村": {row["municipality_code"]: row["people"] for row in extracts}}
        )

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        plan = await migration.plan(uow)
        if plan is None:
            raise NoCutOff("移行の計画に基準日がありません。")
        (extract,) = [row for row in await municipal_batches.complete_extracts(uow) if row["municipality_code"] == chunk.first_key]
        result = await _line(uow, extract, plan.cut_off_on)
        await results.keep(uow, run_id, extract, plan.cut_off_on, result)
        return {"residents": result.residents, "insured": sum(result.insured.values()), **result.differences}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every kind of difference with its number of people."""
        return {term: totals[kind] for kind, term in result_table.DIFFERENCES.items() if totals.get(kind)}


async def _line(uow: UnitOfWork, extract: dict[str, Any], cut_off_on: date) -> result_table.Result:
    (announced,) = decode(extract["body"])
    event = read(announced, ResidentsBatchSealed).event
    sealed = await batches.open_sealed(uow.store, event, schema_name=ResidentChanged.type)
    people = await results.mirror(uow, extract["municipality_code"])
    wanted = await results.wanted(uow, people, on=cut_off_on)
    held = await results.held(uow, extract["municipality_code"], on=cut_off_on)
    said = sealed.select(*records.KEY, "sequence")
    return await asyncio.to_thread(
        lambda: result_table.compare(extract=said, mirror=people, wanted=wanted, held=held, cut_off_on=cut_off_on)
    )
