"""`compare-versions`: two sets of parameters, or the decisions in force and the rules of today, over the same frozen inputs (並行計算)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork

from premium_service.domain.reasons import OTHER
from premium_service.domain.versions import IN_FORCE, Version
from premium_service.jobs.assess import chunks_of
from premium_service.rules import columns as c
from premium_service.rules.assessment import assess
from premium_service.rules.columns import ASSESSMENT_DTYPE, Households
from premium_service.settings import current
from premium_service.store import assessments, members, run_differences

KEY = [("insured_id", "S16"), ("municipality_code", "S6"), ("fiscal_year", np.int16), ("household", np.int64)]
ROW_DTYPE = np.dtype([*KEY, *ASSESSMENT_DTYPE.descr])


class CompareVersions:
    """Parameters `fiscal_year`; `first` and `second`: JSON of a Version, or `in_force`; `run`: whose frozen inputs, else frozen anew.

    Nothing is decided. Every difference has a reason code (比較表: the differences of this run); one that nothing explains is an error
    of the run.
    """

    name = "compare-versions"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        raw, year = await driver(uow.connection), _year(parameters, uow)
        source = _source(parameters, run_id)
        if source == run_id:
            await members.freeze(raw, run_id, year, due_only=False)
        span = await members.span_of(raw, source, year)
        hashes = [_hash(parameters[side], year) for side in ("first", "second")]
        return Plan(await chunks_of(raw, source, *span, after=0), {"fiscal_year": year.year, "first": hashes[0], "second": hashes[1]})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw, year = await driver(uow.connection), _year(parameters, uow)
        source = _source(parameters, run_id)
        inputs = await members.frozen(raw, source, int(chunk.first_key), int(chunk.last_key))
        rows = np.flatnonzero(inputs["is_assessed"])
        sides = [await _side(raw, parameters[side], source, chunk, inputs, rows, year) for side in ("first", "second")]
        counts = await run_differences.compare(raw, run_id, *sides)
        yen = [int(side["annual_amount"].sum()) for side in sides]
        return {"assessed": len(rows), **counts, "yen_first": yen[0], "yen_second": yen[1]}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """The differences add up to the two totals, and none is without a reason."""
        raw = await driver(uow.connection)
        row = await raw.fetchrow(_SUMS, run_id, OTHER)
        expected = totals.get("yen_second", 0) - totals.get("yen_first", 0)
        found = {"差額": {"合計": expected, "比較表": row["yen"]}} if row["yen"] != expected else {}
        return {**found, "理由のない差": row["unexplained"]} if row["unexplained"] else found


async def _side(
    raw: Connection[Any], version: str, source: UUID, chunk: Chunk, inputs: Records, rows: np.ndarray[Any, Any], year: FiscalYear
) -> Records:
    """What one side decides for each person to be assessed (ROW_DTYPE), ordered by insured_id."""
    made = np.zeros(len(rows), ROW_DTYPE)
    for name in ("insured_id", "municipality_code", "household"):
        made[name] = inputs[name][rows]
    made["fiscal_year"] = year.year
    order = np.argsort(made["insured_id"], kind="stable")
    if version == IN_FORCE:
        made = made[order]
        stored = await assessments.latest_of_run(raw, source, int(chunk.first_key), int(chunk.last_key), year.year)
        place, known = run_differences.found(stored, made["insured_id"])
        for name in ASSESSMENT_DTYPE.names or ():
            made[name][known] = stored[name][place[known]]
        return made
    law = Version.of_json(json.loads(version)).parameters(current().union, year)
    result = assess(Households.from_records(inputs), law)
    refused = result["outcome"][rows] >= c.PENDING
    for name in ASSESSMENT_DTYPE.names or ():
        made[name] = result[name][rows]
    made["annual_amount"][refused] = 0
    return made[order]


def _hash(version: str, year: FiscalYear) -> str:
    """What identifies a side in the preview; NotAVersion where it cannot be read."""
    return version if version == IN_FORCE else Version.of_json(json.loads(version)).parameters(current().union, year).hash


def _year(parameters: dict[str, Any], uow: UnitOfWork) -> FiscalYear:
    return FiscalYear(int(parameters.get("fiscal_year") or FiscalYear.of(uow.today).year))


def _source(parameters: dict[str, Any], run_id: UUID) -> UUID:
    return UUID(parameters["run"]) if parameters.get("run") else run_id


_SUMS = """
SELECT coalesce(sum(amount_after - amount_before), 0)::bigint AS yen, count(*) FILTER (WHERE reasons = $2) AS unexplained
FROM run_difference WHERE run_id = $1
"""
