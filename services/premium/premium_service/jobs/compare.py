"""比較の実行: a comparison of laws or a finder over a whole population, from its files alone."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import polars as pl
from chassis.batches import text_series, uuid_series
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from premium_service import settings
from premium_service.domain.comparing import Comparison, ComparisonRequest
from premium_service.domain.law_sets import LawSet
from premium_service.domain.predicate import read_predicate
from premium_service.rules.columns import ASSESSMENT_DTYPE
from premium_service.rules.parameters import Parameters
from premium_service.store import populations, trials

_UUIDS, _TEXTS = ("insured_id", "assessment_id"), ("municipality_code", "resident_number")


class Compare:
    """One chunk: the tables are of everybody. Parameters: `population_id`, `request` (ComparisonRequest), `by`, `key`."""

    name = "compare-effects"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        population = await populations.get(uow.connection, UUID(parameters["population_id"]))
        request = parameters["request"]
        await trials.ask_comparison(
            uow.connection, run_id, kind=request["kind"], name=request["name"], population_id=population["population_id"],
            request=request, by=parameters["by"], at=uow.now, key=parameters["key"],
        )  # fmt: skip
        return Plan([Chunk(1, "", "", population["people"])], {"people": population["people"]})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        population = await populations.get(uow.connection, UUID(parameters["population_id"]))
        request = ComparisonRequest.model_validate(parameters["request"])
        comparison = Comparison(
            condition=read_predicate(request.condition),
            of_year=int(population["fiscal_year"]),
            before=None if request.before is None else _side(request.before),
            after=_side(request.after),
        )
        async for columns in populations.chunks(uow.store, population):
            decided = {name: columns[f"{populations.DECIDED}{name}"] for name in ASSESSMENT_DTYPE.names or ()}
            await asyncio.to_thread(comparison.take, columns, populations.members_of(columns), decided)
        people = await asyncio.to_thread(lambda: _frame(comparison))
        result = await asyncio.to_thread(comparison.result)
        await trials.keep_people(uow.store, run_id, people)
        hashes = {"law_before": result["law_before"], "law_after": result["law_after"], "inputs_hash": population["inputs_hash"]}
        await trials.finish_comparison(uow.connection, run_id, result, **hashes)
        compared = result["everybody"]["whole"]["people"] + result["undecided"]
        return {"people": population["people"], "compared": compared, "listed": people.height}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        return {} if totals["people"] == totals["compared"] else {"people": "the compared are not the people of the population"}


def _side(law_set: LawSet) -> tuple[LawSet, Parameters]:
    current = settings.current()
    return law_set, law_set.parameters(current.union, sample=current.sample_data)


def _frame(comparison: Comparison) -> pl.DataFrame:
    people = comparison.people
    made = {name: uuid_series(people[name]) for name in _UUIDS} | {name: text_series(people[name]) for name in _TEXTS}
    return pl.DataFrame({name: made.get(name, column) for name, column in people.items()})
