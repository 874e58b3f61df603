"""Resident events through gateway, eligibility, premium and collection, against bare loops over the same hops. `--events 3000 --runs 3`.

What is measured (single): `--events` moves of known residents lie in `gateway.intake`, each a message of its own. The clock runs from the
moment the gateway may take the first until eligibility, premium and collection have all committed the last. On the way: every change is
judged, noted in the gateway's inbox, counted, answered and written to its outbox; relayed; in three services noted in the inbox, put in
its person's order and applied (history in two times, household and premium looked at again, addressee); spans of all four kept by the
console. At the end every reader must know the same sequence of everybody, and nothing may be refused, parked or dead. Four service
processes, PostgreSQL and RabbitMQ share the machine.

What it is compared with:

- *ideal*: 1 / (1/consume + 1/publish + 1/observe), the goal's sum of parts, over the same hops. consume: one process takes the messages
  from one queue. publish: one process publishes them, confirmed, to an exchange behind which three services listen, four partition
  queues each, declared by the very code of the services. observe: three processes take all of them at once, one for each service. Bodies
  of the same event, no database, no decoding; each part has the whole machine for itself. The path pays all three parts on the same
  machine plus everything that is its purpose, so 1.0 cannot be reached.
- *processor*: the same comparison in events for a second of processor time: services and servers on one side, broker and bare loops on
  the other. It hardly depends on who else is on the machine; the rate does, and is never called reached where others took over 15 %.
- *naive*: the same services and the same work, but their consumers take one message at a time: one message, one transaction.
- *packed*: moves in messages of up to 1,000, against the singles.
- *relay*: the relay alone with a full outbox, against one process that publishes the same messages with 1,000 confirms in flight, as
  aio-pika publishes. The relay writes many messages at once (chassis.publishing), which is faster; so a second line sets it against the
  same way of writing without a database (no goal).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
from chassis.clock import uuid7
from chassis.database import migrate
from chassis.topology import declare_events, events_exchange

from tests.load.bare import BarePath, bind_everything, publish, publish_in_few_writes, relay, run, spawned
from tests.load.measure import ratio_of, report
from tests.load.union_path import People, UnionPath, body_of, machine_seconds

HOME = Path(".koki/load/pipeline")
RELAYED = "benefits"
"""A service that is not on the path: nobody else empties its outbox."""
QUIET = 0.15
"""Where others use more of the processors than this share, the rate proves nothing: many processes get more of what is left than one."""
NAIVE_SHARE = 30
"""The naive loop gets this part of the events: it is slow."""


async def main(events: int, people: int, runs: int) -> None:
    union = People(people)
    async with UnionPath(HOME) as path:
        with spawned(3) as pool:
            await _load(path, union)
            await path.start(one_by_one=True)
            await path.carry(union.moves(20))  # the first statements of a process are prepared
            naive = [await path.carry(union.moves(events // NAIVE_SHARE)) for _ in range(runs)]
            await path.start()
            await path.carry(union.moves(200))

            broker, body = path.servers.broker_url("koki-administrator"), body_of(union.first())
            bare, relaying = BarePath(broker, body, pool, lambda: path.processor_seconds(bare=True)), Relaying(path, broker, body, pool)
            await relaying.prepare()
            await bare.rates(events)
            ideals, single, costs, others, packed = [], [], [], [], []
            relaying_rates: list[tuple[float, float, float]] = []
            for _ in range(runs):
                ideals.append(await bare.rates(events))
                used, everybody = path.processor_seconds(), machine_seconds()
                single.append(await path.carry(union.moves(events)))
                ours = path.processor_seconds() - used
                costs.append(ours / events * 1_000)
                others.append(1 - ours / (machine_seconds() - everybody))
                packed.append(await path.carry(union.moves(len(union)), packed=True))
                relaying_rates.append(await relaying.rates(events * 2))
        await path.check(len(union))

    ideal = [rates["ideal"] for rates in ideals]
    parts = ", ".join(f"{part} {statistics.median(rates[part] for rates in ideals):,.0f}" for part in ("consume", "publish", "observe"))
    busy = statistics.median(others)
    told = f"{events:,} moves through four services; bare {parts}; others used {busy:.0%} of the processor time"
    _report("pipeline single", single, ideal, 0.6, told, quiet=busy < QUIET)
    bare_costs = [1_000 / rates["cost"] for rates in ideals]
    _report("pipeline single, processor", [1_000 / cost for cost in costs], bare_costs, 0.6, "events for a second of processor time")
    _report("pipeline single to naive", single, naive, 3, f"naive: {events // NAIVE_SHARE:,} moves, one message one transaction")
    _report("pipeline packed to single", packed, single, 15, f"{len(union):,} moves in packs of up to 1,000")
    relayed, published, written = (list(rates) for rates in zip(*relaying_rates, strict=True))
    _report("relay", relayed, published, 0.7, f"{events * 2:,} rows; bare publishing with 1,000 confirms in flight")
    report(
        "relay to few writes", product=relayed, ceiling=written, goal="none", reached=True, unit="events/s", more="the same, written alike"
    )


def _report(name: str, product: list[float], ceiling: list[float], goal: float, more: str, *, quiet: bool = True) -> None:
    reached = ratio_of(product, ceiling) >= goal and quiet
    report(name, product=product, ceiling=ceiling, goal=f">= {goal}", reached=reached, unit="events/s", more=more)


async def _load(path: UnionPath, union: People) -> None:
    """Everybody is known, insured who is old enough, with incomes and premiums: a move then finds what it finds in life."""
    await path.start()
    for rows in (union.first(), union.incomes()):
        await path.send(sorted(rows, key=lambda row: str(row["municipality_code"])), packed=True)
        await path.rest()


class Relaying:
    """The relay alone, and bare publishing of the same messages to the same exchange, in turns."""

    def __init__(self, path: UnionPath, broker_url: str, body: bytes, pool: ProcessPoolExecutor) -> None:
        self._broker_url, self._body, self._pool = broker_url, body, pool
        self._owner_url = path.servers.database_url(RELAYED, "owner")
        self._url = path.servers.database_url(RELAYED)
        self._exchange, self._queue = events_exchange(RELAYED), "load.relayed"

    async def prepare(self) -> None:
        await migrate(self._owner_url, Path("services") / RELAYED)

    async def rates(self, count: int) -> tuple[float, float, float]:
        """Messages a second of the relay, of bare publishing and of bare publishing in few writes."""
        await self._empty()
        database = await asyncpg.connect(self._url)
        rows = [(uuid7(), self._exchange, "load.said.v1", f"131016:{n:015d}", "application/json", None, self._body) for n in range(count)]
        columns = ["message_id", "exchange", "routing_key", "subject", "content_type", "traceparent", "body"]
        await database.copy_records_to_table("outbox", records=rows, columns=columns)
        await database.close()
        relayed = await self._timed(relay, self._url, self._broker_url, RELAYED)
        bare = []
        for loop in (publish, publish_in_few_writes):
            await self._empty()
            bare.append(await self._timed(loop, self._broker_url, self._exchange, "load.said.v1", self._body, count))
        return count / relayed, count / bare[0], count / bare[1]

    async def _empty(self) -> None:
        async with await aio_pika.connect(self._broker_url) as connection:
            channel = await connection.channel()
            await declare_events(channel, RELAYED)
            await bind_everything(channel, self._exchange, self._queue)

    async def _timed(self, *loop: Any) -> float:
        began, ended = await asyncio.get_running_loop().run_in_executor(self._pool, run, *loop)
        return ended - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=3_000)
    parser.add_argument("--people", type=int, default=6_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.events, chosen.people, chosen.runs))
