"""`judge-copay-rates`: 負担割合 and 限度額区分 of everybody, from frozen inputs, with every intermediate value kept."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl
from chassis.batches import seal
from chassis.binary_copy import Records
from chassis.clock import derived_id
from chassis.database import driver, let_finish
from chassis.jobs import Chunk, Plan
from chassis.law import day_number
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CopayRateDecided, CopayRatesBatchSealed

from eligibility_service import settings
from eligibility_service.domain.copay import decide, law_on, uuid_of
from eligibility_service.domain.copay_frames import of_rates
from eligibility_service.rules.copay.columns import Reason
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.rules.copay.terms import REASONS
from eligibility_service.store import copay_inputs, copay_judging, copay_runs, replacing

CHUNK_HOUSEHOLDS: Final = 100_000


class JudgeCopayRates:
    """負担割合の年次判定. Parameters: `year` (the copay year that begins on its 1 August; default that of the business day), `scope`
    (`all`, or `due`: the households of municipalities that a file has changed).
    """

    name = copay_judging.JOB

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Freeze the inputs, and judge them once for the preview: what changes against last year, by rate and by reason."""
        raw, year = await driver(uow.connection), _year(parameters, uow)
        due_only = parameters.get("scope", "all") == "due"
        await let_finish(raw, copay_judging.DECISION_LOCK)  # each judgement that comes later has a run identifier that is greater
        await copay_inputs.freeze(raw, run_id, year, uow.today, due_only=due_only)
        await raw.execute("DELETE FROM copay_due WHERE copay_year = $1", year.year)
        await raw.execute("ANALYZE copay_input")
        chunks = await copay_runs.chunks(raw, run_id, CHUNK_HOUSEHOLDS)
        law = law_on(day_number(year.start), sample=settings.current().sample_data)
        preview: dict[str, Any] = {
            "判定年度": year.name,
            "所得年": year.income_year,
            "判定する人数": sum(chunk.records for chunk in chunks),
            "暫定の数値": sorted(law.citations[name].term for name in law.citations if law.provisional(name)),
        }
        preview |= await self._previewed(chunks, year, run_id, uow)
        return Plan(chunks, preview)

    async def _previewed(self, chunks: list[Chunk], year: CopayYear, run_id: UUID, uow: UnitOfWork) -> dict[str, Any]:
        raw = await driver(uow.connection)
        rates: dict[str, int] = {}
        reasons: dict[str, int] = {}
        changes: dict[str, int] = {}
        waiting = 0
        for chunk in chunks:
            inputs = await copay_inputs.frozen(raw, run_id, int(chunk.first_key), int(chunk.last_key))
            outcomes = decide(inputs, year, run_id=run_id, as_of=day_number(uow.today), sample=settings.current().sample_data)
            waiting += len(outcomes.waiting_rows)
            last = outcomes.rates[outcomes.rates["valid_until"] == day_number(year.last_day)]
            for percent, count in _counted(last["rate_percent"]):
                rates[f"{percent // 10}割"] = rates.get(f"{percent // 10}割", 0) + count
            for reason, count in _counted(last["reason"]):
                name = REASONS[Reason(reason)][0]
                reasons[name] = reasons.get(name, 0) + count
            against = await copay_runs.against_last_year(raw, last, year, among=copay_inputs.people_of(run_id, chunk))
            for change, count in against.items():
                changes[change] = changes.get(change, 0) + count
        return {"負担割合": rates, "理由": reasons, "昨年度との違い": changes, "判定を保留する人数": waiting}

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw, year = await driver(uow.connection), _year(parameters, uow)
        await raw.execute(f"SELECT pg_advisory_xact_lock({copay_judging.DECISION_LOCK})")
        inputs = await copay_inputs.frozen(raw, run_id, int(chunk.first_key), int(chunk.last_key))
        planned = len(np.unique(inputs["insured_id"][inputs["is_judged"]]))
        revised = np.isin(inputs["insured_id"], await copay_runs.revised_since(raw, inputs, run_id, year)) & inputs["is_judged"]
        inputs["is_judged"] &= ~revised
        outcomes = decide(inputs, year, run_id=run_id, as_of=day_number(uow.today), sample=settings.current().sample_data)
        # Whoever was judged since is among the revised: of all others only what was there before the run can be believed.
        first = not await copay_runs.judged_before(raw, run_id, year)
        written = await copay_judging.write(uow, outcomes, year, among=copay_inputs.people_of(run_id, chunk), first=first)
        waiting = await copay_judging.wait(uow, inputs, outcomes, year, run_id)
        if len(written.rates):
            if await replacing.anything_issued(uow):
                await replacing.replace_after_rates(uow, {uuid_of(value): None for value in np.unique(written.rates["insured_id"])})
            uow.publish(await self._sealed(run_id, chunk, inputs[written.source_rows], written.rates, year, uow))
        await copay_judging.rejudge(uow, {copay_judging.person_of(row): None for row in inputs[revised]}, years=[year], packed=True)
        return {
            "judged": planned,
            "revised_since": planned - outcomes.judged_people,
            "decided": written.people,
            "unchanged": outcomes.decided_people - written.people,
            "undecided": outcomes.judged_people - outcomes.decided_people,
            "waiting": waiting,
            "spans": len(written.rates),
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Everybody insured is judged or stands on the list of waits with a reason; what was decided is what is stored."""
        raw, year = await driver(uow.connection), _year(parameters, uow)
        differences: dict[str, Any] = {}
        stored = await copay_runs.stored_spans(raw, run_id)
        if stored < totals.get("spans", 0):
            differences["保存された決定"] = {"決定": totals.get("spans", 0), "保存": stored}
        parts = sum(totals.get(name, 0) for name in ("revised_since", "decided", "unchanged", "undecided"))
        if totals.get("judged", 0) != parts:
            differences["人数"] = {"判定の対象": totals.get("judged", 0), "内訳の計": parts}
        if parameters.get("scope", "all") == "all" and (missed := await copay_runs.without_answer(raw, year)):
            differences["判定も保留もない被保険者"] = missed
        return differences

    async def _sealed(
        self, run_id: UUID, chunk: Chunk, inputs: Records, rates: Records, year: CopayYear, uow: UnitOfWork
    ) -> CopayRatesBatchSealed:
        batch_id = derived_id("copay rates", run_id, chunk.number)
        key = f"eligibility/copay_rates/{run_id}/{chunk.number:05}.parquet"
        frame: pl.DataFrame = of_rates(rates, inputs)
        found = await seal(uow.store, key, frame, schema_name=CopayRateDecided.type, totals=("rate_percent",))
        return CopayRatesBatchSealed(effective_on=year.start, batch_id=batch_id, key=key, seal=found, copay_year=year.year)


def _year(parameters: dict[str, Any], uow: UnitOfWork) -> CopayYear:
    return CopayYear(int(parameters["year"])) if parameters.get("year") else CopayYear.of(uow.today)


def _counted(column: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    values, counts = np.unique(column, return_counts=True)
    return [(int(value), int(count)) for value, count in zip(values, counts, strict=True)]
