"""負担割合 of everybody, database to database, against COPY out + COPY in of the same columns. `--people 1700000 --runs 3`."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from chassis import jobs
from chassis.batches import open_store
from chassis.binary_copy import copy_in, encode
from chassis.clock import Clock, uuid7
from chassis.database import create_engine, migrate
from chassis.law import day_number
from chassis.unit_of_work import Units
from eligibility_service.domain.copay_records import INPUT_DTYPE, RATE_DTYPE
from eligibility_service.jobs.judge_copay_rates import CHUNK_HOUSEHOLDS, JudgeCopayRates

from infra.local.servers import PrivateServers
from tests.load.measure import peak_mebibytes, ratio_of, report, seconds

ROOT = Path("services/eligibility")
DAY = date(2026, 7, 20)


def invented_inputs(people: int) -> np.ndarray[Any, Any]:
    """Members of households of one to three, four in five of them insured, with pensions as they are spread in the sample union."""
    random = np.random.default_rng(1)
    records = np.zeros(people, INPUT_DTYPE)
    records["household"] = np.cumsum(random.random(people) < 0.7) + 1
    ids = np.zeros((people, 16), np.uint8)
    ids[:, 8:] = np.arange(1, people + 1, dtype=">u8").view(np.uint8).reshape(people, 8)
    ids[:, 7] = 7
    insured = random.random(people) < 0.8
    ids[~insured] = 0
    records["insured_id"] = ids.view("S16").ravel()
    records["municipality_code"] = b"132012"
    records["resident_number"] = np.char.zfill(np.arange(1, people + 1).astype("S15"), 15)
    records["household_number"] = np.char.zfill(records["household"].astype("S15"), 15)
    records["judged_on"] = day_number(date(2026, 8, 1))
    records["born_on"] = np.where(
        insured, day_number(date(1945, 1, 1)) - random.integers(-2_000, 9_000, people), day_number(date(1975, 1, 1))
    )
    records["public_pension_receipts"] = random.choice([600_000, 790_000, 1_500_000, 2_100_000, 3_200_000], people) + random.integers(
        0, 99_999, people
    )
    records["salary_receipts"] = np.where(random.random(people) < 0.05, random.integers(300_000, 9_000_000, people), 0)
    records["taxable_income"] = np.where(random.random(people) < 0.3, random.integers(0, 3_000_000, people), 0)
    records["income_status"] = np.where(random.random(people) < 0.015, 2, 1)
    records["tax_status"] = np.where(records["taxable_income"] > 0, 1, 2)
    for name in ("has_taxable_income", "has_dependants"):
        records[name] = True
    records["is_insured"] = records["is_judged"] = insured
    return records


async def main(people: int, runs: int) -> None:
    servers = PrivateServers(Path(".koki/load"))
    await asyncio.to_thread(servers.start)
    await migrate(servers.database_url("eligibility", "owner"), ROOT)
    raw = await asyncpg.connect(servers.database_url("eligibility", "owner"))
    inputs = invented_inputs(people)
    for table in ("copay_rate", "copay_rate_history", "copay_wait", "copay_input", "outbox", "job_chunk", "job_run"):
        await raw.execute(f"DELETE FROM {table}")

    floors, products, peaks = [], [], []
    for _ in range(runs):
        run_id = await _prepared(raw, inputs)
        floors.append(await _floor(raw, run_id, int(inputs["is_insured"].sum())))
        taken, peak, outcome = await asyncio.to_thread(_in_another_process, servers.database_url("eligibility"), str(run_id))
        products.append(taken)
        assert outcome["differences"] == {}, outcome
        assert outcome["totals"]["decided"] == int(inputs["is_insured"].sum()), outcome
        peaks.append(peak)
        await raw.execute("TRUNCATE copay_rate, copay_input, copay_wait")
    ratio = ratio_of(products, floors)
    more = f"{people:,} members, {outcome['totals']['decided']:,} rates, peak memory {max(peaks):.0f} MiB"
    reached = ratio <= 2.0 and max(peaks) < 2048
    report("copay rates", product=products, ceiling=floors, goal="<= 2.0", reached=reached, unit="s", more=more)
    await raw.close()
    await asyncio.to_thread(servers.stop)


def _in_another_process(url: str, run_id: str) -> tuple[float, float, dict[str, Any]]:
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_execute, url, run_id).result()


def _execute(url: str, run_id: str) -> tuple[float, float, dict[str, Any]]:
    """Execute a prepared run; returns its seconds, this process's peak memory (MiB) and the outcome."""
    return asyncio.run(_executed(url, UUID(run_id)))


async def _executed(url: str, run_id: UUID) -> tuple[float, float, dict[str, Any]]:
    engine = create_engine(url)
    units = Units(engine, "eligibility", Clock(DAY), open_store(".koki/load/objects"))
    outcome: dict[str, Any] = {}

    async def execute() -> None:
        outcome.update(await jobs.execute(JudgeCopayRates(), run_id, units))

    taken = await seconds(execute)
    await engine.dispose()
    return taken, peak_mebibytes(), outcome


async def _prepared(raw: Any, inputs: np.ndarray[Any, Any]) -> UUID:
    """A run as `prepare` leaves it: frozen inputs, chunks, approved."""
    run_id = uuid7()
    made = np.zeros(len(inputs), np.dtype([("run_id", "S16"), *INPUT_DTYPE.descr]))
    made["run_id"] = run_id.bytes
    for name in INPUT_DTYPE.names or ():
        made[name] = inputs[name]
    await copy_in(raw, "copay_input", made)
    await raw.execute("ANALYZE copay_input")
    await raw.execute(
        "INSERT INTO job_run (id, job, parameters, state, started_by) VALUES ($1, $2, '{\"year\": 2026}', 'approved', 'benchmark')",
        run_id,
        JudgeCopayRates.name,
    )
    await raw.execute(
        "INSERT INTO job_chunk (run_id, number, first_key, last_key, records) SELECT $1, row_number() OVER (ORDER BY min(household)), "
        "min(household)::text, max(household)::text, count(*) FROM copay_input GROUP BY household / $2",
        run_id,
        CHUNK_HOUSEHOLDS,
    )
    return run_id


async def _floor(raw: Any, run_id: UUID, people: int) -> float:
    """COPY out of the input columns and COPY in of as many rates, ready as bytes: nothing computed, same table."""
    ready = np.zeros(people, RATE_DTYPE)
    keys = np.ones((people, 16), np.uint8)
    keys[:, 8:] = np.arange(1, people + 1, dtype=">u8").view(np.uint8).reshape(people, 8)
    ready["insured_id"] = keys.view("S16").ravel()
    ready["municipality_code"], ready["law_hash"], ready["rules_version"] = b"132012", b"0" * 64, b"1   "
    ready["copay_year"], ready["rate_percent"], ready["run_id"] = 2026, 10, run_id.bytes
    ready["valid_from"], ready["valid_until"] = day_number(date(2026, 8, 1)), day_number(date(2027, 7, 31))
    columns = ", ".join(INPUT_DTYPE.names or ())
    parts = [encode(part) for part in np.array_split(ready, 20)]

    async def drop(_: bytes) -> None:
        return None

    async def floor() -> None:
        query = f"SELECT {columns} FROM copay_input ORDER BY household, resident_number"
        await raw.copy_from_query(query, output=drop, format="binary")
        for part in parts:
            await raw.copy_to_table("copay_rate", source=_once(part), columns=list(RATE_DTYPE.names or ()), format="binary")

    found = await seconds(floor)
    await raw.execute("TRUNCATE copay_rate")
    return found


async def _once(part: bytes) -> AsyncIterator[bytes]:
    yield part


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_700_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.people, chosen.runs))
