"""The consumer: takes what has arrived, applies it in one transaction, commits, then acknowledges.

A failing batch is rolled back and each message tried alone. An error of the database or the broker waits in place and is tried
again; anything else in a message is permanent and goes to the dead letters at once, while other subjects keep flowing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import aio_pika
import structlog
from aio_pika.abc import AbstractIncomingMessage
from contracts.batches import BatchSealed
from contracts.catalogue import model_of
from contracts.envelope import SINGLE, Message, decode, encode, read
from pydantic_core import to_json
from sqlalchemy.dialects.postgresql import insert

from chassis import dead_letters, inbox, telemetry
from chassis.arrivals import Arrivals
from chassis.faults import describe
from chassis.faults import is_transient as is_transient  # services ask the consumer
from chassis.routing import Routes
from chassis.tables import loaded_batch
from chassis.topology import PARTITIONS, SETUP_SECONDS, declare_inbox
from chassis.unit_of_work import UnitOfWork, Units

log = structlog.get_logger("consumer")

HOUSEKEEPING_SECONDS = 5
Pair = tuple[str, Message[Any]]


class Unheard(Exception):
    """A message of a type that this service does not hear, or that is not of its schema."""


class Consumer:
    """Reads the partition queues of one service and applies its routing table."""

    def __init__(
        self,
        *,
        units: Units,
        routes: Routes,
        broker_url: str,
        prefetch: int = 400,
        park_seconds: int = 3600,
        partitions: Sequence[int] = (),
    ) -> None:
        self.units = units
        self.routes = routes
        self.broker_url = broker_url
        self.prefetch = prefetch
        self.park_seconds = park_seconds
        self.partitions = tuple(partitions) or tuple(range(PARTITIONS))
        self.consuming = False
        """Whether the broker has confirmed every consumer since the last connection: what the health check asks."""
        self._arrivals = Arrivals(prefetch)

    async def run(self) -> None:
        """Until cancelled: connect, declare, consume, and do it again after any loss of the broker."""
        pause = 0.2
        while True:
            try:
                connection = await aio_pika.connect(
                    self.broker_url, timeout=10, client_properties={"connection_name": f"{self.units.service} consumer"}
                )
                async with connection:
                    await self._consume(connection)
            except (OSError, aio_pika.exceptions.AMQPError, TimeoutError, asyncio.InvalidStateError, RuntimeError) as error:
                log.warning("consumer_waits", error=type(error).__name__, seconds=pause)
            finally:
                self.consuming = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2)

    async def _consume(self, connection: aio_pika.abc.AbstractConnection) -> None:
        self._arrivals.forget()
        lost = asyncio.Event()
        async with asyncio.timeout(SETUP_SECONDS):
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=self.prefetch)
            queues, dead = await declare_inbox(channel, self.units.service, self.routes.types)
            for number in self.partitions:
                await queues[number].consume(self._arrivals.take)
            dead_channel = await connection.channel()
            await dead_channel.set_qos(prefetch_count=10)
            await (await dead_channel.get_queue(dead.name, ensure=False)).consume(self._keep_crashed)
        for closing in (connection, channel, dead_channel):
            closing.close_callbacks.add(lambda *_: lost.set())
        self.consuming = True
        work = asyncio.create_task(self._work())
        loss = asyncio.create_task(lost.wait())
        try:
            await asyncio.wait({work, loss}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            self.consuming = False
            for task in (work, loss):
                task.cancel()
            await asyncio.gather(work, loss, return_exceptions=True)

    async def _work(self) -> None:
        next_housekeeping = 0.0
        loop = asyncio.get_running_loop()
        while True:
            if loop.time() >= next_housekeeping:
                await self._until_possible(self._keep_house)
                next_housekeeping = loop.time() + HOUSEKEEPING_SECONDS
            batch = await self._arrivals.next_batch(patience=HOUSEKEEPING_SECONDS)
            if batch:
                await self._until_possible(self._apply_batch, batch)
                # Deliveries of one channel are numbered in order and the batch is their oldest part: one acknowledgement for all.
                await batch[-1].ack(multiple=True)

    async def _until_possible(self, action: Any, *arguments: Any) -> None:
        pause = 0.1
        while True:
            try:
                await action(*arguments)
                return
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("database_waits", error=type(error).__name__, seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    async def _apply_batch(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        try:
            await self.apply([pair for delivery in batch for pair in self._decode(delivery.body)])
        except Exception as error:
            if is_transient(error) and len(batch) == 1:
                raise
            if len(batch) > 1:
                log.info("batch_alone", size=len(batch), error=type(error).__name__)
                for delivery in batch:
                    await self._until_possible(self._apply_batch, [delivery])
            else:
                await self._apply_items(batch[0], error)

    async def _apply_items(self, delivery: AbstractIncomingMessage, error: Exception) -> None:
        """A message that failed alone: a pack is opened and each item tried; an item that fails is a dead letter."""
        try:
            items = decode(delivery.body)
        except ValueError:
            return await self._set_aside(delivery.body, SINGLE, error)
        if len(items) == 1:
            return await self._set_aside(delivery.body, delivery.content_type or SINGLE, error)
        for item in items:
            body = to_json(item)
            try:
                await self._until_possible(self._apply_one, body)
            except Exception as item_error:  # noqa: BLE001 - whatever an item does, the others of its pack go on
                await self._set_aside(body, SINGLE, item_error)
        return None

    async def _apply_one(self, body: bytes) -> None:
        await self.apply(self._decode(body))

    async def _set_aside(self, body: bytes, content_type: str, error: Exception) -> None:
        reason = describe(error)

        async def keep() -> None:
            async with self.units.open() as uow:
                await dead_letters.set_aside(uow, body=body, content_type=content_type, reason_code=type(error).__name__, reason=reason)

        await self._until_possible(keep)

    async def apply(self, found: list[Pair]) -> None:
        """Apply messages in one transaction: those not seen yet and whose turn it is."""
        async with self.units.open() as uow:
            admitted = await inbox.admit(uow, found, park_seconds=self.park_seconds, own_positions=self.routes.own_positions)
            with telemetry.handling(self.units.service, [message for _, message in admitted]):
                for handler, messages in self.routes.grouped(admitted):
                    await handler(messages, uow)
            await _remember_batches([message.event for _, message in admitted], uow)

    def _decode(self, body: bytes) -> list[Pair]:
        items = decode(body)
        pack_id = UUID(items[0]["id"]) if len(items) > 1 else None
        pairs = []
        for item in items:
            try:
                handler = self.routes.handler_of(item["type"])
            except KeyError as error:
                raise Unheard(f"{item['type']} is not heard by {self.units.service}.") from error
            pairs.append((handler, read(item, model_of(item["type"]), pack_id=pack_id)))
        return pairs

    async def _keep_house(self) -> None:
        async with self.units.open() as uow:
            filled = await inbox.filled_gaps(uow, self.routes.own_positions)
            with telemetry.handling(self.units.service, [message for _, message in filled]):
                for handler, messages in self.routes.grouped(filled):
                    await handler(messages, uow)
            for message in await inbox.take_overdue(uow):
                reason = f"{message.event.position}: {message.event.sequence} came, but what goes before it did not come in time."
                await dead_letters.set_aside(uow, body=encode([message]), content_type=SINGLE, reason_code="GapNotFilled", reason=reason)

    async def _keep_crashed(self, delivery: AbstractIncomingMessage) -> None:
        """What the broker set aside because it ended this process again and again."""

        async def keep() -> None:
            async with self.units.open() as uow:
                reason = "The process ended each time it handled this message."
                kind = delivery.content_type or SINGLE
                await dead_letters.set_aside(uow, body=delivery.body, content_type=kind, reason_code="CrashLimit", reason=reason)

        await self._until_possible(keep)
        await delivery.ack()


async def _remember_batches(events: Sequence[Any], uow: UnitOfWork) -> None:
    """Which sealed batches were loaded, with rows and totals: what operators compare at each boundary."""
    rows = [
        {"batch_id": event.batch_id, "type": event.type, "rows": event.seal.rows, "totals": event.seal.totals}
        for event in events
        if isinstance(event, BatchSealed)
    ]
    if rows:
        await uow.connection.execute(insert(loaded_batch).on_conflict_do_nothing(), rows)
