"""An authenticated read of one person through gateway and service, against a bare route that reads as many bytes by key.

`python -m tests.load.bench_read [--residents 20000] [--connections 16] [--seconds 6] [--runs 5]`

product   the processes of `./koki up`: the gateway checks session, right and scope, keeps the access in the log (committed before anything
          is shown), asks eligibility with a signed token; eligibility reads under row-level security; both write traces
ceiling   FastAPI and asyncpg in one process of uvicorn: one SELECT by key of the very bytes that the product answered
client    the same for both, a process of its own; what it can do against constant bytes is printed: it is not the bottleneck

Who spends how much of a processor on one read is printed too: it says where the ratio comes from, and a busy machine blurs it less.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
from chassis import batches
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import create_engine
from chassis.unit_of_work import Units
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed
from eligibility_service.handlers.routing import ROUTES

from infra.local.ports import free_port
from infra.local.servers import PrivateServers
from infra.local.services import Services
from infra.local.thread import Thread
from tests.load.bare_reads import TABLE
from tests.load.bench_eligibility_load import MUNICIPALITY, residents
from tests.load.closed_loop import Errand, Seen, drive
from tests.load.measure import processor_seconds, ratio_of, report

HOME = Path(".koki/load/read")
GOAL = 0.4
PEOPLE_ASKED = 2_000
PARTS = {"gateway": "service.gateway", "eligibility": "service.eligibility", "PostgreSQL": "postgresql"}
SHOWN = "SELECT count(*) FROM access_log WHERE action = 'see_person:json' AND result = 'shown'"


async def load(servers: PrivateServers, people: int) -> None:
    """Residents and their ledger by one sealed batch, unless they are there."""
    engine = create_engine(servers.database_url("eligibility"))
    try:
        units = Units(engine, "eligibility", Clock(date(2026, 7, 13)), batches.open_store(str(HOME / "objects")))
        async with units.open() as uow:
            if (await uow.connection.exec_driver_sql("SELECT count(*) FROM resident")).scalar_one() == people:
                return
        key = "bench/read.parquet"
        seal = await batches.seal(units.store, key, residents(people), schema_name=ResidentChanged.type, totals=("sequence",))
        event = ResidentsBatchSealed(
            effective_on=date(2026, 7, 13), batch_id=uuid4(), key=key, seal=seal, municipality_code=MUNICIPALITY, generation=1
        )
        message = Message(id=uuid4(), source="gateway", time=units.clock.now(), event=event, correlation_id=uuid4())
        await Consumer(units=units, routes=ROUTES, broker_url="amqp://nobody").apply([("on_residents_sealed", message)])
    finally:
        await engine.dispose()


async def keep_for_the_ceiling(owner_url: str, bodies: dict[str, str]) -> None:
    """Put what the product answered into a bare table of the same database."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
        await connection.execute(
            f"CREATE TABLE {TABLE} (municipality_code text, resident_number text, body text, "
            "PRIMARY KEY (municipality_code, resident_number))"
        )
        await connection.copy_records_to_table(TABLE, records=[(MUNICIPALITY, number, body) for number, body in bodies.items()])
        await connection.execute(f"VACUUM ANALYZE {TABLE}")
    finally:
        await connection.close()


@contextlib.contextmanager
def serving(what: str) -> Iterator[tuple[int, int]]:
    """A ceiling in a process of its own; its port and process id."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.load.bare_reads", str(port), what])
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=2)
                break
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def measure(servers: PrivateServers, services: Services, options: argparse.Namespace) -> None:
    sample = json.loads((servers.home.path / "sample-sign-ins.json").read_text("utf-8"))
    clerk = next(found for found in sample["sign_ins"] if found["municipality_code"] == MUNICIPALITY)
    window = Thread(services.url("gateway"), [clerk], {})
    window.sign_in()
    paths = {f"{number:015d}": f"/people/{MUNICIPALITY}/{number:015d}" for number in range(1, PEOPLE_ASKED + 1)}
    bodies = {number: window.client.get(f"/api{path}").raise_for_status().text for number, path in paths.items()}
    asyncio.run(keep_for_the_ceiling(servers.database_url("eligibility", "owner"), bodies))

    def errand(port: int, prefix: str, headers: str = "") -> Errand:
        return Errand(port, [prefix + path for path in paths.values()], options.connections, options.seconds, headers=headers)

    cookie = f"cookie: koki_session={window.client.cookies['koki_session']}\r\n"
    product = errand(int(services.url("gateway").rsplit(":", 1)[1]), "/api", cookie)
    products: list[Seen] = []
    ceilings: list[Seen] = []
    costs: list[dict[str, float]] = []
    before = asyncio.run(_count(servers, SHOWN))
    body_bytes = len(next(iter(bodies.values())).encode())
    with serving(servers.database_url("eligibility", "owner")) as (port, bare), serving(str(body_bytes)) as (constant_port, _):
        client = drive(errand(constant_port, ""))
        for _ in range(options.runs):
            begun = _used(servers, bare)
            ceilings.append(drive(errand(port, "")))
            between = _used(servers, bare)
            products.append(drive(product))
            costs.append(_costs(begun, between, _used(servers, bare), ceilings[-1], products[-1]))
            told = ", ".join(f"{name} {milliseconds:.2f}" for name, milliseconds in costs[-1].items())
            print(f"  ceiling {_told(ceilings[-1])}; product {_told(products[-1])}; milliseconds of a processor a read: {told}", flush=True)
    others = sum(seen.others for seen in (*products, *ceilings))
    assert not others, f"{others} answers were no 200."
    kept, shown = asyncio.run(_count(servers, SHOWN)) - before, sum(seen.all_answers for seen in products)
    assert kept == shown, f"{shown:,} people were shown and {kept:,} entries are in the access log."
    rates = {"product": [seen.rate for seen in products], "ceiling": [seen.rate for seen in ceilings]}
    spent = ", ".join(f"{name} {statistics.median(cost[name] for cost in costs):.2f}" for name in costs[0])
    p99 = statistics.median(seen.p99_ms for seen in products)
    more = (
        f"milliseconds of a processor a read: {spent}; {products[0].body_bytes:,} bytes, {options.connections} connections, "
        f"client alone {client.rate:,.0f}/s, p99 {p99:.0f} ms, {kept:,} entries in the access log"
    )
    reached = ratio_of(rates["product"], rates["ceiling"]) >= GOAL
    report("read of one person", **rates, goal=f">= {GOAL}", reached=reached, unit="reads/s", more=more)


def _used(servers: PrivateServers, bare: int) -> dict[str, float]:
    """Processor seconds so far of everybody who takes part."""
    processes = {name: servers.home.process(key) for name, key in PARTS.items()}
    used = {name: processor_seconds(found.pid, with_children=name == "PostgreSQL") for name, found in processes.items() if found}
    return {**used, "bare route": processor_seconds(bare)}


def _costs(
    begun: Mapping[str, float], between: Mapping[str, float], ended: Mapping[str, float], ceiling: Seen, product: Seen
) -> dict[str, float]:
    """Milliseconds a read: who works for the product, and then, for comparison, who works for the ceiling."""
    found = {name: (ended[name] - between[name]) / product.all_answers * 1000 for name in PARTS}
    beside = {name: (between[name] - begun[name]) / ceiling.all_answers * 1000 for name in ("bare route", "PostgreSQL")}
    return {**found, "against bare route": beside["bare route"], "PostgreSQL below it": beside["PostgreSQL"]}


def _told(seen: Seen) -> str:
    return f"{seen.rate:,.0f}/s (median {seen.median_ms:.1f} ms, p99 {seen.p99_ms:.1f} ms)"


async def _count(servers: PrivateServers, query: str) -> int:
    connection = await asyncpg.connect(servers.database_url("gateway", "owner"))
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--residents", type=int, default=20_000)
    arguments.add_argument("--connections", type=int, default=16)
    arguments.add_argument("--seconds", type=float, default=6)
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    servers = PrivateServers(HOME)
    services = Services(servers)
    servers.start()
    try:
        services.migrate(lambda text: None)
        services.start_missing()
        services.wait_healthy(lambda states: None)
        asyncio.run(load(servers, options.residents))
        measure(servers, services, options)
    finally:
        services.stop()
        servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
