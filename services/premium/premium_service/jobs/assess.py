"""本算定: the premium of every insured person of the union, from frozen inputs, with every intermediate value kept."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from asyncpg import Connection
from chassis.batches import seal, text_series, uuid_series
from chassis.binary_copy import Records
from chassis.clock import derived_id
from chassis.database import driver, let_finish
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear, day_of
from chassis.unit_of_work import UnitOfWork
from contracts.events.premium import AssessmentsBatchSealed, PremiumAssessed

from premium_service.domain.assessing import Outcome, decide, provisional_of
from premium_service.domain.income_awaited import PATIENCE
from premium_service.domain.limiting import YearLimit
from premium_service.domain.reasons import Grouped
from premium_service.rules.parameters import Parameters
from premium_service.store import assessments, former_dependants, income_gaps, limited, members, remissions, run_differences
from premium_service.store.deciding import DECISION_LOCK, end_waits_in_vain, follow_incomes, law_of, open_year, open_years

CHUNK_HOUSEHOLDS = 100_000
TOTALS = ("annual_amount", "medical_amount", "child_support_amount")


class Assess:
    """The yearly run (`scope=all`; `fiscal_year` chooses another year than that of the business day), or the run over households that are
    due after a file (`scope=due`), in every open fiscal year that the file has changed."""

    name = "assess"
    approved_by_another = True

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        raw, due_only = await driver(uow.connection), parameters.get("scope", "all") == "due"
        await let_finish(raw, DECISION_LOCK)  # each decision that comes later is found by `without_revised`
        years = await _years(raw, parameters, due_only, uow)
        chunks: list[Chunk] = []
        shown: list[dict[str, Any]] = []
        for year in years:
            first, last = await members.freeze(raw, run_id, year, due_only=due_only)
            of_year = await chunks_of(raw, run_id, first, last, after=len(chunks))
            chunks += of_year
            shown.append(await _preview(raw, run_id, year, of_year, uow))
        # A whole run has taken what is due for the present year; what is due for another year stays due.
        current = FiscalYear.of(uow.today)
        await raw.execute("DELETE FROM household_due WHERE $1 OR ($2 AND since >= $3)", due_only, years == [current], current.start)
        return Plan(chunks, {**shown[-1], **({"earlier_years": shown[:-1]} if len(shown) > 1 else {})})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw = await driver(uow.connection)
        await raw.execute(f"SELECT pg_advisory_xact_lock({DECISION_LOCK})")
        inputs = await members.frozen(raw, run_id, int(chunk.first_key), int(chunk.last_key))
        year = _year_of(inputs)
        planned = int(inputs["is_assessed"].sum())
        inputs = await members.without_revised(raw, inputs, run_id, year)
        law, outcome, limit, _ = await _decided(raw, run_id, year, chunk, inputs, uow)
        await open_year(raw, year, uow.today)
        await assessments.append(raw, outcome.decisions)
        held = 0
        if limit is not None and outcome.beyond is not None:
            held = int((outcome.beyond.in_force != outcome.beyond.right).sum())
            await limited.keep(raw, inputs, outcome.beyond, limit, year, run_id=run_id, uow=uow)
        await remissions.follow(uow, year.year)
        await follow_incomes(inputs, outcome, law, uow)
        if len(outcome.decisions):
            uow.publish(await self._sealed(run_id, chunk, inputs[outcome.source_rows], outcome.decisions, law, uow))
        return {
            "assessed": planned,
            "revised_since": planned - int(inputs["is_assessed"].sum()),
            "decided": len(outcome.decisions),
            "unchanged": len(outcome.decided_rows) - len(outcome.decisions) - held,
            "limited": held,
            "pending": len(outcome.pending_rows),
            "yen_decided": int(outcome.decisions["annual_amount"].sum()),
            "yen_in_force": outcome.yen_in_force,
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        raw = await driver(uow.connection)
        for year in await open_years(raw, date.min, uow.today):
            await end_waits_in_vain(None, law_of(year), uow)
        stored = await raw.fetchrow(
            "SELECT count(*) AS rows, coalesce(sum(annual_amount), 0)::bigint AS yen FROM assessment WHERE run_id = $1", run_id
        )
        differences: dict[str, Any] = {}
        if (stored["rows"], stored["yen"]) != (totals.get("decided", 0), totals.get("yen_decided", 0)):
            differences["stored"] = {"rows": stored["rows"], "yen": stored["yen"]}
        parts = ("decided", "unchanged", "limited", "pending", "revised_since")
        if totals.get("assessed", 0) != sum(totals.get(name, 0) for name in parts):
            differences["persons"] = f"assessed is not {' + '.join(parts)}"
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


async def chunks_of(raw: Connection[Any], run_id: UUID, first: int, last: int, *, after: int) -> list[Chunk]:
    """Chunks of frozen households from `first` to `last`, numbered on after `after`."""
    rows = await raw.fetch(_CHUNKS, run_id, CHUNK_HOUSEHOLDS, first, last)
    return [Chunk(after + number, str(row["first"]), str(row["last"]), row["assessed"]) for number, row in enumerate(rows, 1)]


async def _years(raw: Connection[Any], parameters: dict[str, Any], due_only: bool, uow: UnitOfWork) -> list[FiscalYear]:
    """The fiscal years of a run, the latest last."""
    current = FiscalYear.of(uow.today)
    if not due_only:
        return [FiscalYear(int(parameters.get("fiscal_year") or current.year))]
    since = await raw.fetchval("SELECT min(since) FROM household_due")
    return await open_years(raw, since or current.start, uow.today)


async def _decided(
    raw: Connection[Any], run_id: UUID, year: FiscalYear, chunk: Chunk, inputs: Records, uow: UnitOfWork
) -> tuple[Parameters, Outcome, YearLimit | None, Records]:
    """What a chunk of a run decides, and what was in force before; nothing is written."""
    law = law_of(year)
    before = await assessments.latest_of_run(raw, run_id, int(chunk.first_key), int(chunk.last_key), year.year)
    limit = await limited.limit_of(raw, inputs, year, uow)
    return law, decide(inputs, before, law, decided_on=uow.today, run_id=run_id, limit=limit), limit, before


async def _preview(raw: Connection[Any], run_id: UUID, year: FiscalYear, chunks: list[Chunk], uow: UnitOfWork) -> dict[str, Any]:
    """What the run would change, by reason: the whole run is computed once beforehand, so that who approves it sees its effect."""
    law, grouped = law_of(year), Grouped()
    counts = {"decided": 0, "unchanged": 0, "pending": 0, "limited": 0}
    for chunk in chunks:
        inputs = await members.frozen(raw, run_id, int(chunk.first_key), int(chunk.last_key))
        _, outcome, _, before = await _decided(raw, run_id, year, chunk, inputs, uow)
        await run_differences.keep(raw, run_id, inputs, outcome, before, grouped)
        held = int((outcome.beyond.in_force != outcome.beyond.right).sum()) if outcome.beyond else 0
        counts["decided"] += len(outcome.decisions)
        counts["unchanged"] += len(outcome.decided_rows) - len(outcome.decisions) - held
        counts["limited"] += held
        counts["pending"] += len(outcome.pending_rows)
    return {
        "fiscal_year": year.year,
        "insured": sum(chunk.records for chunk in chunks),
        **counts,
        "by_reason": grouped.preview(),
        "former_dependant_unknown": await former_dependants.unknown_in_run(raw, run_id),
        "incomes_unknown": await income_gaps.by_state(raw, year.income_year, uow.today, patience=PATIENCE.days),
        "law_hash": law.hash,
        "provisional": sorted(name for name in law.citations if law.provisional(name)),
    }


def _year_of(inputs: Records) -> FiscalYear:
    """The fiscal year of frozen rows: a chunk is of one year."""
    judged_on = day_of(int(inputs["judged_on"][0]))
    assert judged_on is not None, "every row is judged on a day"
    return FiscalYear.of(judged_on)


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
FROM assessment_input WHERE run_id = $1 AND household BETWEEN $3 AND $4 GROUP BY household / $2 ORDER BY 1
"""
