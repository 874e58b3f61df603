"""本算定: the premium of every insured person of the union, from frozen inputs, with every intermediate value kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from chassis.batches import seal, text_series, uuid_series
from chassis.binary_copy import Records
from chassis.clock import derived_id
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork
from contracts.events.premium import AssessmentsBatchSealed, PremiumAssessed

from premium_service.domain.assessing import decide, provisional_of
from premium_service.domain.income_awaited import PATIENCE
from premium_service.rules.parameters import Parameters
from premium_service.store import assessments, former_dependants, income_gaps, members, remissions
from premium_service.store.deciding import DECISION_LOCK, end_waits_in_vain, follow_incomes, law_in_force

CHUNK_HOUSEHOLDS = 100_000
TOTALS = ("annual_amount", "medical_amount", "child_support_amount")


class Assess:
    """The yearly run (`scope=all`) or the run over households that are due after a file (`scope=due`)."""

    name = "assess"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        raw, law = await driver(uow.connection), law_in_force(uow)
        due_only = parameters.get("scope", "all") == "due"
        await members.freeze(raw, run_id, law.fiscal_year, due_only=due_only)
        await raw.execute("DELETE FROM household_due")
        await raw.execute("ANALYZE assessment_input")
        rows = await raw.fetch(_CHUNKS, run_id, CHUNK_HOUSEHOLDS)
        chunks = [Chunk(number, str(row["first"]), str(row["last"]), row["assessed"]) for number, row in enumerate(rows, 1)]
        decided_before = await raw.fetchval(_DECIDED_BEFORE, run_id, law.fiscal_year.year)
        preview = {
            "fiscal_year": law.fiscal_year.year,
            "insured": sum(chunk.records for chunk in chunks),
            "decided_before": decided_before,
            "former_dependant_unknown": await former_dependants.unknown_in_run(raw, run_id),
            "incomes_unknown": await income_gaps.by_state(raw, law.fiscal_year.income_year, uow.today, patience=PATIENCE.days),
            "law_hash": law.hash,
            "provisional": sorted(name for name in law.citations if law.provisional(name)),
        }
        return Plan(chunks, preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw, law = await driver(uow.connection), law_in_force(uow)
        await raw.execute(f"SELECT pg_advisory_xact_lock({DECISION_LOCK})")
        inputs = await members.frozen(raw, run_id, int(chunk.first_key), int(chunk.last_key))
        planned = int(inputs["is_assessed"].sum())
        inputs = await members.without_revised(raw, inputs, run_id)
        before = await assessments.latest_of_run(raw, run_id, int(chunk.first_key), int(chunk.last_key), law.fiscal_year.year)
        outcome = decide(inputs, before, law, decided_on=uow.today, run_id=run_id)
        await assessments.append(raw, outcome.decisions)
        await remissions.follow(uow, law.fiscal_year.year)
        await follow_incomes(inputs, outcome, law, uow)
        if len(outcome.decisions):
            uow.publish(await self._sealed(run_id, chunk, inputs[outcome.source_rows], outcome.decisions, law, uow))
        return {
            "assessed": planned,
            "revised_since": planned - int(inputs["is_assessed"].sum()),
            "decided": len(outcome.decisions),
            "unchanged": len(outcome.decided_rows) - len(outcome.decisions),
            "pending": len(outcome.pending_rows),
            "yen_decided": int(outcome.decisions["annual_amount"].sum()),
            "yen_in_force": outcome.yen_in_force,
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        raw = await driver(uow.connection)
        await end_waits_in_vain(None, law_in_force(uow), uow)
        stored = await raw.fetchrow(
            "SELECT count(*) AS rows, coalesce(sum(annual_amount), 0)::bigint AS yen FROM assessment WHERE run_id = $1", run_id
        )
        differences: dict[str, Any] = {}
        if (stored["rows"], stored["yen"]) != (totals.get("decided", 0), totals.get("yen_decided", 0)):
            differences["stored"] = {"rows": stored["rows"], "yen": stored["yen"]}
        if totals.get("assessed", 0) != sum(totals.get(name, 0) for name in ("decided", "unchanged", "pending", "revised_since")):
            differences["persons"] = "assessed is not decided + unchanged + pending + revised_since"
        return differences

    async def _sealed(
        self, run_id: UUID, chunk: Chunk, inputs: Records, decisions: Records, law: Parameters, uow: UnitOfWork
    ) -> AssessmentsBatchSealed:
        batch_id = derived_id("assessments", run_id, chunk.number)
        key = f"premium/assessments/{run_id}/{chunk.number:05}.parquet"
        frame = _frame(decisions, inputs, law)
        found = await seal(uow.store, key, frame, schema_name=PremiumAssessed.type, totals=TOTALS)
        year = law.fiscal_year
        return AssessmentsBatchSealed(effective_on=year.start, batch_id=batch_id, key=key, seal=found, fiscal_year=year.year)


def _frame(decisions: Records, inputs: Records, law: Parameters) -> pl.DataFrame:
    """The decisions with the columns of PremiumAssessed."""
    rows = len(decisions)
    return pl.DataFrame(
        {
            "insured_id": uuid_series(decisions["insured_id"]),
            "municipality_code": text_series(decisions["municipality_code"]),
            "resident_number": text_series(inputs["resident_number"]),
            "assessment_id": uuid_series(decisions["assessment_id"]),
            "fiscal_year": np.full(rows, law.fiscal_year.year, np.int64),
            **{name: decisions[name] for name in TOTALS},
            "months": decisions["months"].astype(np.int64),
            "provisional": np.full(rows, provisional_of(law)),
            "sequence": decisions["revision"].astype(np.int64),
        }
    ).with_columns(effective_on=pl.lit(law.fiscal_year.start))


_CHUNKS = """
SELECT min(household) AS first, max(household) AS last, count(*) FILTER (WHERE is_assessed) AS assessed
FROM assessment_input WHERE run_id = $1 GROUP BY household / $2 ORDER BY 1
"""
_DECIDED_BEFORE = """
SELECT count(DISTINCT a.insured_id) FROM assessment a
WHERE a.fiscal_year = $2 AND EXISTS (SELECT 1 FROM assessment_input i WHERE i.run_id = $1 AND i.insured_id = a.insured_id)
"""
