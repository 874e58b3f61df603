"""A sealed batch of residents loaded into eligibility, against a bare COPY of the same columns on the same server.

    python -m tests.load.bench_eligibility_load [--residents 500000] [--runs 3]

Loaded means: seal verified, residents in the mirror, the insured ledger decided with numbers and identifiers, and the sealed batch of
insured in the outbox, committed. The ceiling is one COPY of the same ready bytes into a table without any index, in the same run.
What search needs follows after the commit and is shown on its own line. Bounded: a database of its own, removed afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import polars as pl
from chassis import batches
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import create_engine, migrate
from chassis.unit_of_work import Units
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed
from eligibility_service.domain.records import RECORD
from eligibility_service.handlers.routing import ROUTES
from eligibility_service.store.search import follow_one_part

from infra.local.servers import PrivateServers
from tests.load.measure import ratio_of, report

MUNICIPALITY = "132012"
LARGEST = 2_000_000
GOAL = 3.0
_KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"


def residents(rows: int, *, seed: int = 13) -> pl.DataFrame:
    """Invented residents of one municipality, four fifths of them 75 or over, two to a household."""
    random_ = random.Random(seed)
    first_birth = date(1926, 1, 1)
    births = [
        first_birth + timedelta(days=random_.randrange(9_300) if random_.random() < 0.8 else 9_300 + random_.randrange(6_000))
        for _ in range(rows)
    ]
    kana = ["".join(random_.choices(_KANA, k=4)) + "　" + "".join(random_.choices(_KANA, k=3)) for _ in range(rows)]
    values: dict[str, Any] = {
        "municipality_code": [MUNICIPALITY] * rows,
        "resident_number": [f"{number:015d}" for number in range(1, rows + 1)],
        "sequence": [1] * rows,
        "household_number": [f"{number // 2:015d}" for number in range(1, rows + 1)],
        "relationship": ["02", "11"] * (rows // 2) + ["02"] * (rows % 2),
        "status": ["1"] * rows,
        "change_reason": ["01"] * rows,
        "changed_on": [date(2020, 4, 1) + timedelta(days=number % 1_500) for number in range(rows)],
        "notified_on": [date(2020, 4, 1)] * rows,
        "name": ["後期　花子"] * rows,
        "name_kana": kana,
        "sex": ["1", "2"] * (rows // 2) + ["1"] * (rows % 2),
        "born_on": births,
        "born_on_unknown_text": [None] * rows,
        "postal_code": ["1920001"] * rows,
        "address_prefecture": ["東京都"] * rows,
        "address_municipality": ["八王子市"] * rows,
        "address_town": ["戸吹町"] * rows,
        "address_number": [f"{number % 2_000}番地{number % 13}" for number in range(rows)],
        "address_building": [None] * rows,
        "resident_since": [date(1990, 4, 1)] * rows,
        "ended_on": [None] * rows,
    }
    return pl.DataFrame(values, schema=RECORD)


def as_csv(frame: pl.DataFrame) -> bytes:
    """The bytes of a bare COPY, ready before its time is taken."""
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, null_value="", quote_style="necessary")
    return buffer.getvalue()


async def bare_copy(owner_url: str, ready: bytes, *, table: str = "resident", columns: Sequence[str] = tuple(RECORD)) -> float:
    """Seconds of one COPY of the same columns into a table like `table` without indexes."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(f"CREATE TABLE bare AS SELECT {', '.join(columns)} FROM {table} WITH NO DATA")
        started = time.perf_counter()
        await connection.copy_to_table("bare", source=io.BytesIO(ready), columns=list(columns), format="csv")
        elapsed = time.perf_counter() - started
        await connection.execute("DROP TABLE bare")
        return elapsed
    finally:
        await connection.close()


async def load(units: Units, message: Message[ResidentsBatchSealed]) -> float:
    """Seconds from the delivered event to the committed ledger."""
    consumer = Consumer(units=units, routes=ROUTES, broker_url="amqp://nobody")
    started = time.perf_counter()
    await consumer.apply([("on_residents_sealed", message)])
    return time.perf_counter() - started


async def make_searchable(units: Units) -> float:
    """Seconds until everything that was loaded can be searched."""
    started = time.perf_counter()
    while True:
        async with units.open() as uow:
            if not await follow_one_part(uow):
                return time.perf_counter() - started


async def measure(servers: PrivateServers, frame: pl.DataFrame, runs: int) -> None:
    """`runs` times ceiling and product by turns, each load into an empty ledger; prints each and the medians."""
    ready = as_csv(frame)
    store = batches.open_store(".koki/load/objects")
    seal = await batches.seal(store, "bench/residents.parquet", frame, schema_name=ResidentChanged.type, totals=("sequence",))
    database = f"eligibility_bench_{uuid4().hex[:8]}"
    superuser = await asyncpg.connect(servers.database_url("eligibility", "superuser", database="postgres"))
    await superuser.execute(f'CREATE DATABASE "{database}" TEMPLATE eligibility OWNER eligibility_owner STRATEGY FILE_COPY')
    owner_url = servers.database_url("eligibility", "owner", database=database)
    engine = create_engine(servers.database_url("eligibility", "app", database=database))
    try:
        units = Units(engine, "eligibility", Clock(date(2026, 7, 13)), store)
        figures: list[tuple[float, float, float]] = []
        for number in range(runs):
            bare = await bare_copy(owner_url, ready)
            await _empty(owner_url)
            event = ResidentsBatchSealed(
                effective_on=date(2026, 7, 13), batch_id=uuid4(), key="bench/residents.parquet", seal=seal,
                municipality_code=MUNICIPALITY, generation=1,
            )  # fmt: skip
            message = Message(id=uuid4(), source="gateway", time=units.clock.now(), event=event, correlation_id=uuid4())
            loaded, searchable = await load(units, message), await make_searchable(units)
            figures.append((bare, loaded, searchable))
            print(f"{number + 1}: bare {bare:.2f} s, loaded {loaded:.2f} s ({loaded / bare:.2f} x), searchable {searchable:.2f} s later")
        async with units.open() as uow:
            insured = (await uow.connection.exec_driver_sql("SELECT count(*) FROM qualification")).scalar_one()
    finally:
        await engine.dispose()
        await superuser.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        await superuser.close()
    floors, products, later = ([figure[column] for figure in figures] for column in range(3))
    more = f"{frame.height:,} residents, {insured:,} insured, searchable {statistics.median(later):.1f} s later"
    reached = ratio_of(products, floors) <= GOAL
    report("residents into the ledger", product=products, ceiling=floors, goal=f"<= {GOAL}", reached=reached, unit="s", more=more)


async def _empty(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("TRUNCATE resident, resident_search, insured_number_search, search_due, qualification, inbox, outbox")
    finally:
        await connection.close()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--residents", type=int, default=500_000)
    arguments.add_argument("--runs", type=int, default=3)
    options = arguments.parse_args()
    servers = PrivateServers(Path(".koki/load"))
    servers.start()
    try:
        asyncio.run(migrate(servers.database_url("eligibility", "owner"), Path("services/eligibility")))
        asyncio.run(measure(servers, residents(min(options.residents, LARGEST)), options.runs))
    finally:
        servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
