"""異動賦課 of one household, from the event to its rows in the outbox, against its own statements bare. `--people 100000 --events 300`.

The statements of each event are noted as the product sends them, and sent again in their order, without the product, to a copy of the
database as it was before: what is over them is the price of Python.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
from chassis import jobs
from chassis.batches import open_store
from chassis.clock import Clock, uuid7
from chassis.consumer import Consumer
from chassis.database import create_engine, migrate
from chassis.unit_of_work import Units
from contracts.envelope import Message
from contracts.events.municipal import IncomeDetermined, IncomeStatus
from premium_service.handlers.routing import ROUTES
from premium_service.jobs.assess import Assess

from infra.local.servers import PrivateServers
from tests.load.measure import report, seconds

ROOT = Path("services/premium")
DAY = date(2026, 7, 13)
WARM_UP = 20
METHODS = ("execute", "fetch", "fetchrow", "fetchval", "copy_from_query", "copy_to_table", "copy_records_to_table")
Statement = tuple[str, tuple[Any, ...], dict[str, Any]]
_PEOPLE = """
INSERT INTO resident (number, municipality_code, resident_number, born_on, sequence) OVERRIDING SYSTEM VALUE
    SELECT n, '132012', lpad(n::text, 15, '0'), date '1935-01-01' + (n % 4000)::int, 1 FROM generate_series(1, $1::bigint) AS n;
INSERT INTO household (id, municipality_code, household_number) OVERRIDING SYSTEM VALUE
    SELECT n, '132012', lpad(n::text, 15, '0') FROM generate_series(1, $1::bigint) AS n WHERE n % 3 > 0;
INSERT INTO membership SELECT n, '-infinity', 'infinity', CASE WHEN n % 3 = 0 THEN n - 1 ELSE n END, n % 3 > 0
    FROM generate_series(1, $1::bigint) AS n;
INSERT INTO income SELECT n, 2025, 1, 1, 800000 + (n % 40) * 70000, 0, 0, 0, 0, 0, 0, 0, 0, 0, false
    FROM generate_series(1, $1::bigint) AS n;
INSERT INTO insured SELECT md5(n::text)::uuid, n, '132012', lpad(n::text, 8, '0'), date '2019-05-01', 'infinity', false, 1
    FROM generate_series(1, $1::bigint) AS n;
"""


async def main(people: int, events: int) -> None:
    servers = PrivateServers(Path(".koki/load"))
    await asyncio.to_thread(servers.start)
    await migrate(servers.database_url("premium", "owner"), ROOT)
    administrator = await asyncpg.connect(servers.database_url("premium", "superuser", database="postgres"))
    name, bare = "premium_reassess", "premium_reassess_bare"
    for database in (name, bare):
        await administrator.execute(f"DROP DATABASE IF EXISTS {database}")
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE premium OWNER premium_owner")
    await _seed(servers.database_url("premium", "owner", database=name), people)
    await _decide_everybody(servers.database_url("premium", database=name))
    await administrator.execute(f"CREATE DATABASE {bare} TEMPLATE {name} OWNER premium_owner")

    urls = servers.database_url("premium", database=name), servers.database_url("premium", database=bare)
    products, floors, count = await _side_by_side(*urls, people, events)
    median = statistics.median(products)
    late = sorted(products)[int(len(products) * 0.95)]
    more = f"{people:,} people, {len(products)} events, p95 {late:.1f} ms, {count} statements each"
    report("reassess", product=products, ceiling=floors, goal="median < 20 ms", reached=median < 20, unit="ms", more=more)
    for database in (name, bare):
        await administrator.execute(f"DROP DATABASE {database}")
    await administrator.close()
    await asyncio.to_thread(servers.stop)


async def _seed(url: str, people: int) -> None:
    raw = await asyncpg.connect(url)
    await raw.execute("TRUNCATE resident, household, insured, assessment, assessment_input, assessed_year, outbox, inbox, job_run CASCADE")
    for statement in _PEOPLE.split(";\n"):
        if statement.strip():
            await raw.execute(statement, people)
    await raw.execute("ANALYZE")
    await raw.close()


async def _decide_everybody(url: str) -> None:
    engine = create_engine(url)
    units = Units(engine, "premium", Clock(DAY), open_store(".koki/load/objects"))
    run_id = await jobs.prepare(Assess(), {"scope": "all"}, units, by="benchmark")
    await jobs.approve(run_id, units, by="approver")
    outcome = await jobs.execute(Assess(), run_id, units)
    assert outcome["differences"] == {}, outcome
    async with units.open() as uow:
        await uow.connection.exec_driver_sql("ANALYZE assessment")
    await engine.dispose()


async def _side_by_side(url: str, bare_url: str, people: int, events: int) -> tuple[list[float], list[float], int]:
    """Milliseconds of each event by the product, from the message to the commit of its outbox rows, and of its statements bare right
    after it, so that what else the machine does falls on both; and how many statements there are."""
    engine, raw = create_engine(url), await asyncpg.connect(bare_url)
    units = Units(engine, "premium", Clock(DAY), open_store(".koki/load/objects"))
    consumer = Consumer(units=units, routes=ROUTES, broker_url="")
    products: list[float] = []
    floors: list[float] = []
    for number in range(WARM_UP + events):
        message = _income(1 + number * 7919 % people)
        with noted() as statements:
            products.append(1_000 * await seconds(lambda message=message: consumer.apply([message])))  # type: ignore[misc]
        count = len(statements)
        floors.append(1_000 * await seconds(lambda statements=statements: _bare(raw, statements)))  # type: ignore[misc]
    async with engine.connect() as connection:
        said = (await connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE routing_key = 'premium.assessed.v1'")).scalar_one()
    assert said >= WARM_UP + events, f"only {said} decisions were said"
    await raw.close()
    await engine.dispose()
    return products[WARM_UP:], floors[WARM_UP:], count


def _income(person: int) -> tuple[str, Message[Any]]:
    event = IncomeDetermined(
        effective_on=DAY,
        sequence=2,
        municipality_code="132012",
        resident_number=f"{person:015d}",
        income_year=2025,
        status=IncomeStatus.DECLARED,
        public_pension_receipts=4_000_000 + person % 1_000,
    )
    identifier = uuid7()
    return ROUTES.handler_of(event.type), Message(identifier, "benchmark", datetime(2026, 7, 13, tzinfo=UTC), event, identifier)


@contextmanager
def noted() -> Iterator[list[Statement]]:
    """What asyncpg is asked meanwhile, with its arguments; a stream of COPY is kept as the bytes it was."""
    found: list[Statement] = []
    originals = {name: getattr(asyncpg.Connection, name) for name in METHODS}

    def noting(name: str) -> Any:
        async def note(self: Any, *arguments: Any, **options: Any) -> Any:
            if name == "copy_to_table":
                options["source"] = _again(content := [bytes(part) async for part in options["source"]])
                found.append((name, arguments, {**options, "source": content}))
            else:
                found.append((name, arguments, dict(options)))
            return await originals[name](self, *arguments, **options)

        return note

    for name in METHODS:
        setattr(asyncpg.Connection, name, noting(name))
    try:
        yield found
    finally:
        for name, original in originals.items():
            setattr(asyncpg.Connection, name, original)


async def _again(content: list[bytes]) -> AsyncIterator[bytes]:
    for part in content:
        yield part


async def _drop(_: bytes) -> None:
    pass


async def _bare(raw: asyncpg.Connection[Any], statements: list[Statement]) -> None:
    """The same statements, from BEGIN to COMMIT, on a connection that does nothing else."""
    assert [str(arguments[0])[:6] for _, arguments, _ in (statements[0], statements[-1])] == ["BEGIN;", "COMMIT"]
    for name, arguments, options in statements:
        if name == "copy_to_table":
            options = {**options, "source": _again(options["source"])}
        elif name == "copy_from_query":
            options = {**options, "output": _drop}
        await getattr(raw, name)(*arguments, **options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=300)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.people, chosen.events))
