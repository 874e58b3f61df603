"""Bare loops over the broker: consume, publish and observe with nothing done to a message. What the pipeline is compared with.

Each loop is a process of its own (`spawned`), on uvloop as the services are, and says when it began and when it ended. Messages are
persistent, queues are quorum queues, publishing is confirmed with 1,000 in flight, consuming takes up to 500 ahead and acknowledges 100
at once: the fastest forms that were found with aio-pika's own calls.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

import aio_pika
import uvloop
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from chassis.database import create_engine
from chassis.publishing import Parcel, publish_all
from chassis.relay import Relay
from chassis.topology import PARTITIONS, declare_events, declare_inbox, events_exchange, inbox_queue
from sqlalchemy import text

OWNER: Final = "load"
EVENT: Final = "load.resident_changed.v1"
QUEUE: Final = "load.intake"
READERS: Final = ("load-eligibility", "load-premium", "load-collection")
IN_FLIGHT, AHEAD, ACKNOWLEDGED = 1_000, 500, 100
Span = tuple[float, float]
"""When something began and ended, in seconds since 1970, so that processes can be compared."""


def spawned(processes: int) -> ProcessPoolExecutor:
    """A pool of fresh processes for the loops below."""
    return ProcessPoolExecutor(max_workers=processes, mp_context=multiprocessing.get_context("spawn"))


def run(loop: Callable[..., Coroutine[Any, Any, Span]], *arguments: Any) -> Span:
    """One loop in this process, on uvloop."""
    return uvloop.run(loop(*arguments))


async def declare(broker_url: str) -> None:
    """The queues of the bare path, the readers' exactly as the services declare theirs; whatever an earlier run left in them is gone."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await declare_events(channel, OWNER)
        queues = [QUEUE]
        for reader in READERS:
            await declare_inbox(channel, reader, [(OWNER, EVENT)])
            queues += [inbox_queue(reader, number) for number in range(PARTITIONS)]
        for name in queues:
            await (await channel.get_queue(name)).purge()


async def publish(broker_url: str, exchange: str, routing_key: str, body: bytes, count: int) -> Span:
    """Publish `count` messages about as many subjects with pipelined confirms; exchange "" is the queue `routing_key` itself."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        place = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        messages = [_message(body, number) for number in range(count)]
        began = time.time()
        for start in range(0, count, IN_FLIGHT):
            await asyncio.gather(*(place.publish(message, routing_key) for message in messages[start : start + IN_FLIGHT]))
        return began, time.time()


def _message(body: bytes, number: int) -> aio_pika.Message:
    return aio_pika.Message(
        body,
        message_id=f"{number:032x}",
        content_type="application/cloudevents+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        headers={"subject": f"131016:{number:015d}"},
    )


async def publish_in_few_writes(broker_url: str, exchange: str, routing_key: str, body: bytes, count: int) -> Span:
    """The same by the relay's own way of writing to the socket, without a database: the fastest form that the house knows."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        raw: Any = await channel.get_underlay_channel()
        headers = [{"subject": f"131016:{number:015d}", "traceparent": ""} for number in range(count)]
        parcels = [Parcel(exchange, routing_key, True, f"{n:032x}", "application/json", headers[n], body) for n in range(count)]
        began = time.time()
        for start in range(0, count, IN_FLIGHT):
            outcomes = await publish_all(raw, parcels[start : start + IN_FLIGHT], seconds=60)
            assert not any(outcomes)
        return began, time.time()


async def consume(broker_url: str, queues: Sequence[str], count: int) -> Span:
    """Take `count` messages from queues that hold them already."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=AHEAD)
        done = asyncio.Event()
        taken = 0

        async def take(message: AbstractIncomingMessage) -> None:
            nonlocal taken
            taken += 1
            if taken % ACKNOWLEDGED == 0 or taken == count:
                await message.ack(multiple=True)
            if taken == count:
                done.set()

        began = time.time()
        for name in queues:
            await (await channel.get_queue(name, ensure=False)).consume(take)
        await asyncio.wait_for(done.wait(), 120)
        return began, time.time()


async def relay(database_url: str, broker_url: str, service: str) -> Span:
    """Let the relay of a service send an outbox that is full already; a service that does not run, so that nobody helps."""
    engine = create_engine(database_url)
    sender = Relay(service=service, engine=engine, broker_url=broker_url)
    task = asyncio.create_task(sender.run())
    while not sender.connected:  # noqa: ASYNC110 - the relay tells its health check, nobody else waits for it
        await asyncio.sleep(0.001)
    began = time.time()
    left = True
    while left:
        await asyncio.sleep(0.02)
        async with engine.connect() as connection:
            left = bool((await connection.execute(text("SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)"))).scalar_one())
    ended = time.time()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await engine.dispose()
    return began, ended


class BarePath:
    """The stages of the path one after the other, each alone on the machine: its rate is the ideal that the pipeline is measured by."""

    def __init__(self, broker_url: str, body: bytes, pool: ProcessPoolExecutor, processor_seconds: Callable[[], float]) -> None:
        self._broker_url, self._body, self._pool, self._processor_seconds = broker_url, body, pool, processor_seconds
        self._used = 0.0

    async def rates(self, count: int) -> dict[str, float]:
        """Messages a second of each stage, `ideal`: 1 / (1/consume + 1/publish + 1/observe), and `cost`: ms of processor time a message."""
        await declare(self._broker_url)
        await self._timed([(publish, "", QUEUE, self._body, count)])
        self._used = 0.0  # filling the queue is not a stage
        consumed = await self._timed([(consume, (QUEUE,), count)])
        published = await self._timed([(publish, events_exchange(OWNER), EVENT, self._body, count)])
        readers = [tuple(inbox_queue(reader, number) for number in range(PARTITIONS)) for reader in READERS]
        observed = await self._timed([(consume, queues, count) for queues in readers])
        rates = {"consume": count / consumed, "publish": count / published, "observe": count / observed}
        return {**rates, "ideal": count / (consumed + published + observed), "cost": self._used / count * 1_000}

    async def _timed(self, loops: Sequence[tuple[Any, ...]]) -> float:
        """Seconds from the beginning of the first loop to the end of the last; they run side by side."""
        used = self._processor_seconds()
        here = asyncio.get_running_loop()
        started = [here.run_in_executor(self._pool, run, loop, self._broker_url, *rest) for loop, *rest in loops]
        spans = await asyncio.gather(*started)
        self._used += self._processor_seconds() - used
        return max(ended for _, ended in spans) - min(began for began, _ in spans)


async def bind_everything(channel: AbstractChannel, exchange: str, queue: str) -> None:
    """A quorum queue that takes whatever an exchange is given, empty."""
    found = await channel.declare_queue(queue, durable=True, arguments={"x-queue-type": "quorum"})
    await found.bind(exchange, "#")
    await found.purge()
