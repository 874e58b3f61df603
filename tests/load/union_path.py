"""The path of a resident event through four running services, and the people whose moves travel on it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Self

import aio_pika
import asyncpg
from contracts.envelope import LARGEST_PACK, PACK, SINGLE, Message, encode

from infra.local.servers import PrivateServers
from infra.local.services import SAMPLE_BUSINESS_DATE, Services
from infra.rabbitmq.definitions import INTAKE_EXCHANGE
from tests.simulators.municipality import codes
from tests.simulators.municipality.books import Row
from tests.simulators.municipality.changes import ADDRESS
from tests.simulators.municipality.population import populate
from tests.simulators.municipality.sender import message_of

DAY: Final = date.fromisoformat(SAMPLE_BUSINESS_DATE)
SENT_AT: Final = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)
GATEWAY: Final = "gateway"
READERS: Final = ("eligibility", "premium", "collection")
PATH: Final = (GATEWAY, *READERS)
PATIENCE: Final = 180.0
_APPLIED: Final = "SELECT count(*) FROM inbox WHERE handler = 'on_residents_changed'"
_UNSENT: Final = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


class OneByOne(Services):
    """The same services, but each message is a transaction of its own: the consumers take one at a time."""

    def environment(self, service: str, *, as_owner: bool = False) -> dict[str, str]:
        return {**super().environment(service, as_owner=as_owner), "KOKI_PREFETCH": "1"}


class People:
    """Residents of the sample union and what their municipalities say of them, in order, without end."""

    def __init__(self, count: int, *, seed: int = 1) -> None:
        population = populate(count, seed, DAY)
        known = population.residents.to_dicts()
        self._rows = [row for row in known if row["status"] == str(codes.RESIDENT)]
        self._incomes = population.incomes.to_dicts()
        self._sequence = 1
        self._next = 0

    def __len__(self) -> int:
        return len(self._rows)

    def first(self) -> list[Row]:
        """The first record of everybody."""
        return [{**_written(row), "kind": "resident", "history_number": 1} for row in self._rows]

    def incomes(self) -> list[Row]:
        """The income of everybody who has one."""
        here = {(row["municipality_code"], row["resident_number"]) for row in self._rows}
        found = [row for row in self._incomes if (row["municipality_code"], row["resident_number"]) in here]
        return [{**_written(row), "kind": "income", "history_number": 1} for row in found]

    def moves(self, count: int) -> list[Row]:
        """The next `count` moves within the municipality (転居): everybody moves once before anybody moves again."""
        return [self._move() for _ in range(count)]

    def _move(self) -> Row:
        if self._next == 0:
            self._sequence += 1
        row = self._rows[self._next]
        self._next = (self._next + 1) % len(self._rows)
        neighbour = self._rows[(self._next + 7 * self._sequence) % len(self._rows)]
        if neighbour["municipality_code"] != row["municipality_code"]:
            neighbour = row  # at the end of a municipality somebody moves to where they are
        day = (DAY - timedelta(days=max(30 - self._sequence, 0))).isoformat()
        moved = {"change_reason": str(codes.MOVED_WITHIN), "changed_on": day, "notified_on": day, "history_number": self._sequence}
        return {**_written(row), "kind": "resident", **moved, **{name: neighbour[name] for name in ADDRESS}}


def _written(row: Mapping[str, Any]) -> Row:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


class UnionPath:
    """Gateway, eligibility, premium and collection on servers of their own, tracing on, as `./koki up` starts them."""

    def __init__(self, home: Path) -> None:
        self.servers = PrivateServers(home)
        self._services = Services(self.servers, PATH)
        self._databases: dict[str, asyncpg.Connection[Any]] = {}

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._begin_afresh)
        for service in PATH:
            self._databases[service] = await asyncpg.connect(self.servers.database_url(service))
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._databases.values():
            await connection.close()
        await asyncio.to_thread(self._services.stop)
        await asyncio.to_thread(self.servers.destroy)

    def _begin_afresh(self) -> None:
        self._services.stop()
        with suppress(FileNotFoundError):
            self.servers.destroy()
        self.servers.start()
        self._services.migrate(lambda text: None)

    async def start(self, *, one_by_one: bool = False) -> None:
        """Start the services, or start them anew in the other way of working."""
        await asyncio.to_thread(self._services.stop)
        self._services = (OneByOne if one_by_one else Services)(self.servers, PATH)
        await asyncio.to_thread(self._services.start_missing)
        await asyncio.to_thread(self._services.wait_healthy, lambda states: None)

    async def carry(self, rows: Sequence[Row], *, packed: bool = False) -> float:
        """Events a second from the first that the gateway takes to the last that all three readers have applied.

        The gateway is held (SIGSTOP) while its queue is filled, so that what the sender costs is not measured.
        """
        before = await self._applied()
        gateway = self.servers.home.process(f"service.{GATEWAY}")
        assert gateway is not None
        gateway.send(signal.SIGSTOP)
        try:
            await self.send(rows, packed=packed)
            await asyncio.sleep(0.5)
        finally:
            gateway.send(signal.SIGCONT)
        began = time.perf_counter()
        await self._wait_applied(before, len(rows))
        taken = time.perf_counter() - began
        await self.rest()
        return len(rows) / taken

    def processor_seconds(self, *, bare: bool = False) -> float:
        """What services, servers and the loops' processes have used of the processors so far; `bare`: only broker and loops."""
        home = self.servers.home
        names = ("rabbitmq",) if bare else home.processes()
        ours = {found.pid for name in names if (found := home.process(name))}
        ours |= {child.pid for child in multiprocessing.active_children() if child.pid}
        used = 0.0
        for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):  # parents before children
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(stat.parent.name) in ours or int(fields[1]) in ours:
                    ours.add(int(stat.parent.name))
                    used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return used

    async def send(self, rows: Sequence[Row], *, packed: bool = False) -> None:
        """Send as the municipalities, each with its own account; singles, or packs of up to 1,000."""
        for code, mine in groupby(rows, key=lambda row: str(row["municipality_code"])):
            messages = [message_of(row, SENT_AT) for row in mine]
            size = LARGEST_PACK if packed else 1
            async with await aio_pika.connect(self.servers.municipality_credentials(code).broker_url) as connection:
                exchange = await (await connection.channel()).get_exchange(INTAKE_EXCHANGE, ensure=False)
                groups = [messages[start : start + size] for start in range(0, len(messages), size)]
                for start in range(0, len(groups), 1_000):
                    await asyncio.gather(*(_send(exchange, code, group, packed) for group in groups[start : start + 1_000]))

    async def rest(self) -> None:
        """Wait until nothing is on its way: outboxes sent, queues empty (the broker counts once a second)."""
        quiet = 0
        deadline = time.monotonic() + PATIENCE
        while quiet < 2:
            unsent = [await self._databases[service].fetchval(_UNSENT) for service in PATH]
            depths = await asyncio.to_thread(self.servers.queue_depths)
            waiting = {name: depth for name, depth in depths.items() if depth and not name.startswith(("municipal.answers", "load"))}
            quiet = 0 if any(unsent) or waiting else quiet + 1
            if time.monotonic() > deadline:
                raise AssertionError(f"The path does not come to rest: unsent {unsent}, queues {waiting}.")
            await asyncio.sleep(1.1 if quiet == 1 else 0.1)

    async def check(self, people: int) -> None:
        """Nothing refused, dead or parked, and every reader knows the same sequence of everybody: it was the real work."""
        for service in PATH:
            for table in ("dead_letter", "parked_message"):
                assert await self._databases[service].fetchval(f"SELECT count(*) FROM {table}") == 0, f"{service}: {table}"
        gateway = self._databases[GATEWAY]
        assert await gateway.fetchval("SELECT count(*) FROM intake_error") == 0, await gateway.fetch("SELECT * FROM intake_error LIMIT 3")
        known = "SELECT municipality_code, resident_number, sequence FROM {} ORDER BY 1, 2"
        tables = {"eligibility": "resident", "premium": "resident", "collection": "addressee"}
        found = [[tuple(row) for row in await self._databases[name].fetch(known.format(table))] for name, table in tables.items()]
        assert [len(rows) for rows in found] == [people] * 3
        assert found[0] == found[1] == found[2]

    async def _applied(self) -> int:
        return min([int(await self._databases[service].fetchval(_APPLIED)) for service in READERS])

    async def _wait_applied(self, before: int, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        for service in READERS:  # whoever is looked at last is usually there already
            while await self._databases[service].fetchval(_APPLIED) < before + count:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{service} has not applied {count} events within {PATIENCE:.0f} s.")
                await asyncio.sleep(0.05)


async def _send(exchange: aio_pika.abc.AbstractExchange, code: str, messages: list[Message[Any]], packed: bool) -> None:
    event = messages[0].event
    message = aio_pika.Message(
        encode(messages, packed=packed),
        message_id=str(messages[0].id),
        content_type=PACK if packed else SINGLE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        headers={"subject": event.subject},
    )
    await exchange.publish(message, routing_key=f"{code}.{event.type}")


def machine_seconds() -> float:
    """What everybody has used of the processors of this machine since it was started."""
    user, nice, system, _, _, irq, soft = (int(value) for value in Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def body_of(rows: Iterable[Row]) -> bytes:
    """The body of the first of these events: what the bare loops carry too."""
    return encode([message_of(next(iter(rows)), SENT_AT)])
