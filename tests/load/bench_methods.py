"""徴収方法 of everybody for October, database to database, against COPY out + COPY in of the same columns. `--people 1700000 --runs 3`.

Measured are the two steps of the run, each against the floor: what decides everybody and keeps the decisions (`prepare`), and what writes
them and charges those who are collected from otherwise than before (`execute`).
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
from chassis import jobs
from chassis.batches import open_store
from chassis.binary_copy import copy_in, copy_out
from chassis.clock import Clock
from chassis.database import create_engine, migrate
from chassis.unit_of_work import Units
from collection_service.jobs.decide_methods import DecideMethods
from collection_service.law import calendar_of
from collection_service.store import methods

from infra.local.servers import PrivateServers
from tests.load.measure import ratio_of, report, seconds

ROOT = Path("services/collection")
DAY, YEAR, MUNICIPALITY = date(2026, 7, 13), 2026, "131016"
PARAMETERS = {"fiscal_year": str(YEAR), "month": "10"}
TABLES = (
    "charge_entry, assessment, insured, pension, care_premium, collection_method, collection_method_replaced, year_method, outbox, "
    "job_chunk, job_run"
)
# Everybody is charged eight ordinary instalments. Four in five have a pension that bears a care premium, of different amounts, so that
# about half of them pass the 2分の1判定; of one in a hundred the care premium has not come.
SLOTS = ", ".join(f"({slot.number}, {slot.month}, '{slot.due_on}')" for slot in calendar_of(MUNICIPALITY, YEAR, sample=True).slots)
FILL = f"""
INSERT INTO assessment (insured_id, fiscal_year, municipality_code, resident_number, assessment_id, annual_amount, provisional, sequence,
    revision, calendar_hash, decided_on, assessed_amount)
SELECT lpad(to_hex(n), 32, '0')::uuid, {YEAR}, '{MUNICIPALITY}', n::text, lpad(to_hex(n), 32, '0')::uuid, 48000, false, 1, 1, 'h', '{DAY}',
    48000 FROM generate_series(1, $1) AS n;
INSERT INTO charge_entry (insured_id, fiscal_year, number, revision, reverses, municipality_code, month, due_on, amount, charged_on)
SELECT lpad(to_hex(n), 32, '0')::uuid, {YEAR}, i.number, 1, 0, '{MUNICIPALITY}', i.month, i.due_on::date, 6000, '{DAY}'
FROM generate_series(1, $1) AS n, (VALUES {SLOTS}) AS i(number, month, due_on);
INSERT INTO insured SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(n::text, 8, '0'), '{MUNICIPALITY}', '2020-05-01', NULL, 1
FROM generate_series(1, $1) AS n;
INSERT INTO pension SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(n::text, 10, '0'), '1150', '000', 0, 120000 + n % 400 * 1000,
    20000 + n % 400 * 1000 / 6, true, true, '{YEAR}-04-01', '{MUNICIPALITY}' FROM generate_series(1, $1) AS n WHERE n % 5 <> 0;
INSERT INTO care_premium SELECT lpad(to_hex(n), 32, '0')::uuid, '{MUNICIPALITY}', true, true,
    CASE WHEN n % 100 <> 7 THEN 12000 END, '{YEAR}-04-01' FROM generate_series(1, $1) AS n WHERE n % 5 <> 0
"""
READ = (
    f"SELECT insured_id, municipality_code, annual_amount, assessed_amount, sequence, revision FROM assessment WHERE fiscal_year = {YEAR}",
    f"SELECT insured_id, number, due_on, amount FROM charge_entry WHERE fiscal_year = {YEAR}",
    "SELECT insured_id, municipality_code, acquired_on, lost_on FROM insured",
    "SELECT insured_id, basic_pension_number, pension_code, kind, year_amount, payment_amount, is_paid, bears_care, captured_on "
    "FROM pension",
    "SELECT insured_id, is_ours, is_special, payment_amount, as_of FROM care_premium",
)
CHARGE = np.dtype(
    [
        ("insured_id", "S16"), ("fiscal_year", np.int16), ("number", np.int16), ("revision", np.int32), ("reverses", np.int32),
        ("month", np.int16), ("due_on", np.int32), ("amount", np.int64), ("charged_on", np.int32),
    ]
)  # fmt: skip


async def main(people: int, runs: int) -> None:
    servers = PrivateServers(Path(".koki/load"))
    await asyncio.to_thread(servers.start)
    await migrate(servers.database_url("collection", "owner"), ROOT)
    owner = await asyncpg.connect(servers.database_url("collection", "superuser"))
    engine = create_engine(servers.database_url("collection"))
    units = Units(engine, "collection", Clock(DAY), open_store(".koki/load/objects"))
    floors, with_charges, prepared, executed = [], [], [], []
    for _ in range(runs):
        await _fill(owner, people)
        found: dict[str, Any] = {}

        async def prepare() -> None:
            found["run"] = await jobs.prepare(DecideMethods(), PARAMETERS, units, by="benchmark")  # noqa: B023

        prepared.append(await seconds(prepare))
        await jobs.approve(found["run"], units, by="benchmark")

        async def execute() -> None:
            found["outcome"] = await jobs.execute(DecideMethods(), found["run"], units)  # noqa: B023

        executed.append(await seconds(execute))
        outcome = found["outcome"]
        assert outcome["differences"] == {}, outcome
        assert outcome["totals"]["candidates"] == people, outcome
        bare, charged = await _floors(owner)
        floors.append(bare)
        with_charges.append(charged)
    more = f"{people:,} people, {outcome['totals']}"
    goal = ratio_of(prepared, floors) <= 2.0
    report("collection methods, decided", product=prepared, ceiling=floors, goal="<= 2.0", reached=goal, unit="s", more=more)
    both = [first + second for first, second in zip(prepared, executed, strict=True)]
    reached = ratio_of(both, with_charges) <= 2.0
    report(
        "collection methods, written and charged", product=both, ceiling=with_charges, goal="<= 2.0", reached=reached, unit="s", more=more
    )
    await engine.dispose()
    await owner.close()
    await asyncio.to_thread(servers.stop)


async def _fill(owner: asyncpg.Connection[Any], people: int) -> None:
    """An empty database, and `people` who were charged ordinarily."""
    await owner.execute("SET session_replication_role = replica")  # the rows add up; nobody has to check them here
    await owner.execute(f"TRUNCATE {TABLES}")
    for statement in FILL.split(";\n"):
        await owner.execute(statement.replace("$1", str(people)))
    await owner.execute("SET session_replication_role = origin")
    await owner.execute("ANALYZE")


async def _floors(owner: asyncpg.Connection[Any]) -> tuple[float, float]:
    """COPY out of the columns that the run reads and COPY in of the decisions that it wrote, and of its charges: nothing computed, nothing
    joined, tables alike. Seconds without and with the charges."""
    decisions = await methods.holding(owner, "true")
    bare = np.zeros(len(decisions), np.dtype([part for part in decisions.dtype.descr if part[0] != "method"]))
    for name in bare.dtype.names or ():
        bare[name] = decisions[name]
    bare["basic_pension_number"], bare["pension_code"] = b"0000000000", b"0000"
    made = await copy_out(owner, f"SELECT {', '.join(CHARGE.names or ())} FROM charge_entry WHERE revision > 1", CHARGE)
    for name in ("collection_method", "charge_entry"):
        await owner.execute(f"CREATE TEMPORARY TABLE bare_{name} (LIKE {name} INCLUDING INDEXES)")
    await owner.execute("ALTER TABLE bare_collection_method ALTER method SET DEFAULT 'special'")
    await owner.execute("ALTER TABLE bare_charge_entry ALTER municipality_code SET DEFAULT '131016'")

    async def drop(_: bytes) -> None:
        return None

    async def decided() -> None:
        for query in READ:
            await owner.copy_from_query(query, output=drop, format="binary")
        await copy_in(owner, "bare_collection_method", bare)

    async def charged() -> None:
        await copy_in(owner, "bare_charge_entry", made)

    first, second = await seconds(decided), await seconds(charged)
    await owner.execute("DROP TABLE bare_collection_method, bare_charge_entry")
    return first, first + second


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_700_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    asyncio.run(main(asked.people, asked.runs))
