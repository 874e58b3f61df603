"""The yearly renewal through the real job, against bare Typst on the same template and the same cards, in turn in the same run.

    python -m tests.load.bench_renewal [cards=100000] [rounds=1]

Renewed means: due in the table, printed in files of 1,000 pages, every page read back, kept in the store with its sealed list, each row
with its page and number, the events in the outbox, committed chunk by chunk. Bounded: a database of its own, removed afterwards.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import date
from pathlib import Path
from uuid import uuid4

import asyncpg
from chassis import batches, jobs
from chassis.clock import Clock
from chassis.database import create_engine, migrate
from chassis.unit_of_work import Units
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed
from eligibility_service.documents.card import build
from eligibility_service.documents.card.render import stocks
from eligibility_service.jobs.issue_cards import PAGES, IssueCards

from infra.local.servers import PrivateServers
from tests.load.bench_cards import bare_typst, people
from tests.load.bench_eligibility_load import MUNICIPALITY, load, residents
from tests.load.measure import ratio_of, report

GOAL = 0.6
LARGEST = 200_000


def bare(cards: int, first: int) -> float:
    """Seconds of bare Typst for so many cards; data and forms are made before the clock starts."""
    compile_, made = bare_typst(), people(cards, first)
    records, common = [build(card).data for card in made], {"stocks": stocks(made)}
    started = time.perf_counter()
    for start in range(0, len(records), PAGES):
        compile_(records[start : start + PAGES], common, False)
    return time.perf_counter() - started


async def renew(units: Units) -> tuple[int, float, float]:
    """(cards issued, seconds until the preview, seconds of the run) of the renewal for 1 August."""
    started = time.perf_counter()
    run_id = await jobs.prepare(IssueCards(), {"on": "2026-08-01"}, units, by="bench")
    prepared = time.perf_counter() - started
    await jobs.approve(run_id, units, by="bench")
    started = time.perf_counter()
    outcome = await jobs.execute(IssueCards(), run_id, units)
    assert outcome["differences"] == {}, outcome
    return outcome["totals"]["issued"], prepared, time.perf_counter() - started


async def measure(servers: PrivateServers, cards: int, rounds: int) -> None:
    frame = residents(cards * 10 // 8)
    store = batches.open_store(".koki/load/objects")
    seal = await batches.seal(store, "bench/renewal.parquet", frame, schema_name=ResidentChanged.type, totals=("sequence",))
    renewed: list[float] = []
    set_alone: list[float] = []
    for number in range(rounds):
        database = f"eligibility_bench_{uuid4().hex[:8]}"
        superuser = await asyncpg.connect(servers.database_url("eligibility", "superuser", database="postgres"))
        await superuser.execute(f'CREATE DATABASE "{database}" TEMPLATE eligibility OWNER eligibility_owner STRATEGY FILE_COPY')
        engine = create_engine(servers.database_url("eligibility", "app", database=database))
        try:
            units = Units(engine, "eligibility", Clock(date(2026, 7, 13)), store)
            event = ResidentsBatchSealed(
                effective_on=date(2026, 7, 13), batch_id=uuid4(), key="bench/renewal.parquet", seal=seal,
                municipality_code=MUNICIPALITY, generation=1,
            )  # fmt: skip
            await load(units, Message(id=uuid4(), source="gateway", time=units.clock.now(), event=event, correlation_id=uuid4()))
            issued, prepared, seconds = await renew(units)
        finally:
            await engine.dispose()
            await superuser.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
            await superuser.close()
        ceiling = await asyncio.to_thread(bare, issued, 10_000_000 + number * LARGEST)
        renewed.append(issued / seconds)
        set_alone.append(issued / ceiling)
        print(f"{number + 1}: {issued:,} cards, preview {prepared:.1f} s, job {seconds:.1f} s ({issued / seconds:,.0f} cards/s), "
              f"bare Typst {ceiling:.1f} s: {ceiling / seconds:.2f} x")  # fmt: skip
    reached = ratio_of(renewed, set_alone) >= GOAL
    more = f"{issued:,} cards; preview {prepared:.1f} s; every page read back"
    report("renewal of cards", product=renewed, ceiling=set_alone, goal=f">= {GOAL}", reached=reached, unit="cards/s", more=more)


def main(arguments: list[str]) -> int:
    options = dict(argument.split("=", 1) for argument in arguments)
    cards, rounds = min(int(options.get("cards", 100_000)), LARGEST), min(int(options.get("rounds", 1)), 10)
    servers = PrivateServers(Path(".koki/load"))
    servers.start()
    try:
        asyncio.run(migrate(servers.database_url("eligibility", "owner"), Path("services/eligibility")))
        asyncio.run(measure(servers, cards, rounds))
    finally:
        servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
