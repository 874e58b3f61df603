"""The yearly assessment, database to database, against COPY out + COPY in of the same columns. `--people 1700000 --runs 3`."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
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
from chassis.unit_of_work import Units
from premium_service.domain.records import DECISION_DTYPE, INPUT_DTYPE
from premium_service.jobs.assess import Assess

from infra.local.servers import PrivateServers
from tests.load.measure import peak_mebibytes, ratio_of, report, seconds

ROOT = Path("services/premium")
DAY = date(2026, 7, 13)


def invented_inputs(people: int) -> np.ndarray[Any, Any]:
    """Input rows of `people` insured in households of one or two, with pensions as they are spread in the sample union."""
    random = np.random.default_rng(1)
    records = np.zeros(people, INPUT_DTYPE)
    couple = random.random(people) < 0.3
    records["household"] = np.cumsum(~(couple & np.roll(~couple, 1)))
    records["household_id"] = records["household"]
    ids = np.zeros((people, 16), np.uint8)
    ids[:, 8:] = np.arange(1, people + 1, dtype=">u8").view(np.uint8).reshape(people, 8)
    ids[:, 7] = 7
    records["insured_id"] = ids.view("S16").ravel()
    records["municipality_code"] = b"132012"
    records["resident_number"] = np.char.zfill(np.arange(1, people + 1).astype("S15"), 15)
    records["member"] = np.arange(1, people + 1)
    first = np.ones(people, np.bool_)
    first[1:] = records["household"][1:] != records["household"][:-1]
    records["is_head"] = first
    records["judged_on"] = (date(2026, 4, 1) - date(2000, 1, 1)).days
    records["born_on"] = (date(1945, 1, 1) - date(2000, 1, 1)).days - random.integers(0, 9_000, people)
    records["acquired_on"] = records["born_on"] + 75 * 365 + 19
    records["lost_on"] = 2**31 - 1
    records["former_dependant_since"] = 2**31 - 1
    records["public_pension_receipts"] = random.choice([600_000, 790_000, 1_500_000, 2_100_000, 3_200_000], people) + random.integers(
        0, 99_999, people
    )
    records["salary_receipts"] = np.where(random.random(people) < 0.05, random.integers(300_000, 9_000_000, people), 0)
    records["income_status"] = np.where(random.random(people) < 0.015, 2, 1)
    records["is_insured"] = True
    records["is_assessed"] = True
    return records


async def main(people: int, runs: int) -> None:
    servers = PrivateServers(Path(".koki/load"))
    await asyncio.to_thread(servers.start)
    await migrate(servers.database_url("premium", "owner"), ROOT)
    raw = await asyncpg.connect(servers.database_url("premium", "owner"))
    inputs = invented_inputs(people)
    await _reset(raw)
    await _seed(raw, inputs)

    floors, products, peaks = [], [], []
    for _ in range(runs):
        run_id = await _prepared(raw, inputs)
        floors.append(await _floor(raw, run_id, people))
        # A process of its own, so that its memory is the product's and not that of the ready bytes of the floor.
        taken, peak, outcome = await asyncio.to_thread(_in_another_process, servers.database_url("premium"), str(run_id))
        products.append(taken)
        assert outcome["differences"] == {}, outcome
        assert outcome["totals"]["assessed"] == people, outcome
        peaks.append(peak)
        await raw.execute("TRUNCATE assessment, assessment_input")
    ratio = ratio_of(products, floors)
    more = f"{people:,} people, {outcome['totals']['yen_in_force']:,} yen, peak memory {max(peaks):.0f} MiB"
    report("assess", product=products, ceiling=floors, goal="<= 2.0", reached=ratio <= 2.0 and max(peaks) < 2048, unit="s", more=more)
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
    units = Units(engine, "premium", Clock(DAY), open_store(".koki/load/objects"))
    outcome: dict[str, Any] = {}

    async def execute() -> None:
        outcome.update(await jobs.execute(Assess(), run_id, units))

    taken = await seconds(execute)
    await engine.dispose()
    return taken, peak_mebibytes(), outcome


async def _reset(raw: Any) -> None:
    for table in (
        "assessment",
        "assessment_input",
        "membership",
        "income",
        "insured",
        "household_due",
        "household",
        "resident",
        "outbox",
        "job_chunk",
        "job_run",
    ):
        await raw.execute(f"DELETE FROM {table}")


async def _seed(raw: Any, inputs: np.ndarray[Any, Any]) -> None:
    """Residents and households behind the input rows, so that numbers and locks have something to find."""
    await raw.execute(
        "INSERT INTO resident (number, municipality_code, resident_number, born_on, sequence) OVERRIDING SYSTEM VALUE "
        "SELECT n, '132012', lpad(n::text, 15, '0'), '1940-01-01', 1 FROM generate_series(1, $1::bigint) AS n",
        len(inputs),
    )
    await raw.execute("ANALYZE resident")


async def _prepared(raw: Any, inputs: np.ndarray[Any, Any]) -> UUID:
    """A run as `prepare` leaves it: frozen inputs, chunks, approved."""
    run_id = uuid7()
    made = np.zeros(len(inputs), np.dtype([("run_id", "S16"), *INPUT_DTYPE.descr]))
    made["run_id"] = run_id.bytes
    for name in INPUT_DTYPE.names or ():
        made[name] = inputs[name]
    await copy_in(raw, "assessment_input", made)
    await raw.execute("ANALYZE assessment_input")
    await raw.execute(
        "INSERT INTO job_run (id, job, parameters, state, started_by) VALUES ($1, 'assess', '{}', 'approved', 'benchmark')", run_id
    )
    await raw.execute(
        "INSERT INTO job_chunk (run_id, number, first_key, last_key, records) SELECT $1, row_number() OVER (ORDER BY min(household)), "
        "min(household)::text, max(household)::text, count(*) FROM assessment_input GROUP BY household / 100000",
        run_id,
    )
    return run_id


async def _floor(raw: Any, run_id: UUID, people: int) -> float:
    """COPY out of the input columns and COPY in of as many decision rows, ready as bytes: nothing computed, same table."""
    ready = np.zeros(people, DECISION_DTYPE)
    ids = np.arange(1, people + 1, dtype=">u8")
    keys = np.ones((people, 16), np.uint8)
    keys[:, 8:] = ids.view(np.uint8).reshape(people, 8)
    ready["insured_id"] = ready["assessment_id"] = keys.view("S16").ravel()
    ready["municipality_code"], ready["law_hash"], ready["rules_version"] = b"132012", b"0" * 64, b"1   "
    ready["fiscal_year"], ready["run_id"] = 2026, run_id.bytes
    columns = ", ".join(INPUT_DTYPE.names or ())
    parts = [encode(part) for part in np.array_split(ready, 20)]

    async def drop(_: bytes) -> None:
        return None

    async def floor() -> None:
        await raw.copy_from_query(
            f"SELECT {columns} FROM assessment_input ORDER BY household, is_head DESC, member", output=drop, format="binary"
        )
        for part in parts:
            await raw.copy_to_table("assessment", source=_once(part), columns=list(DECISION_DTYPE.names or ()), format="binary")

    found = await seconds(floor)
    await raw.execute("TRUNCATE assessment")
    return found


async def _once(part: bytes) -> Any:
    yield part


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_700_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.people, chosen.runs))
