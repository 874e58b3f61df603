"""The consumer of `gateway.intake`: takes what has arrived, applies it in one transaction, commits, then acknowledges."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from chassis import dead_letters
from chassis.arrivals import Arrivals
from chassis.consumer import is_transient
from chassis.runtime import Runtime
from chassis.topology import SETUP_SECONDS
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import SINGLE
from pydantic_core import to_json

from gateway_service.domain import answers
from gateway_service.handlers.changes import Changes, Delivery, UnknownSender, delivery_of

log = structlog.get_logger("intake")
QUEUE = "gateway.intake"


async def consume_changes(runtime: Runtime) -> None:
    """The background work of a worker."""
    consumer = ChangeConsumer(runtime)
    runtime.proofs["intake"] = lambda: consumer.consuming
    await consumer.run()


class ChangeConsumer:
    """Reads the municipalities' queue until it is cancelled; connects again after any loss of the broker."""

    def __init__(self, runtime: Runtime) -> None:
        self._units = runtime.units
        self._broker_url = runtime.settings.broker_url
        self._changes = Changes()
        self._arrivals = Arrivals(runtime.settings.prefetch)
        self.consuming = False

    async def run(self) -> None:
        pause = 0.2
        while True:
            try:
                connection = await aio_pika.connect(self._broker_url, timeout=10, client_properties={"connection_name": "gateway intake"})
                async with connection:
                    await self._consume(connection)
                pause = 0.2
            except (OSError, aio_pika.exceptions.AMQPError, TimeoutError, asyncio.InvalidStateError, RuntimeError) as error:
                log.warning("intake_waits", error=type(error).__name__, seconds=pause)
            finally:
                self.consuming = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2)

    async def _consume(self, connection: AbstractConnection) -> None:
        self._arrivals.forget()
        lost = asyncio.Event()
        async with asyncio.timeout(SETUP_SECONDS):
            channel = await connection.channel()
            for closing in (connection, channel):
                closing.close_callbacks.add(lambda *_: lost.set())
            # The next batch arrives while this one is applied; a service reads several queues and has that without asking.
            await channel.set_qos(prefetch_count=2 * self._arrivals.largest)
            queue = await channel.get_queue(QUEUE, ensure=False)
            await queue.consume(self._arrivals.take)
        self.consuming = True
        work, loss = asyncio.create_task(self._work()), asyncio.create_task(lost.wait())
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
        while True:
            batch = await self._arrivals.next_batch()
            await self.apply([delivery_of(message.routing_key or "", message.message_id, message.body) for message in batch])
            # Deliveries of one channel are numbered in order and the batch is their oldest part: one acknowledgement for all.
            await batch[-1].ack(multiple=True)

    async def apply(self, deliveries: Sequence[Delivery]) -> None:
        """Apply a micro-batch in one transaction; if something in it is a surprise, each delivery alone."""
        try:
            await self._until_possible(lambda uow: self._changes.apply(deliveries, uow))
        except Exception as error:  # noqa: BLE001 - whatever one delivery does, the others go on, and it is kept for the operator
            if len(deliveries) > 1:
                log.info("intake_alone", size=len(deliveries), error=type(error).__name__)
                for delivery in deliveries:
                    await self.apply([delivery])
            else:
                await self._until_possible(lambda uow, error=error: _set_aside(deliveries[0], error, uow))  # type: ignore[misc]

    async def _until_possible(self, action: Callable[[UnitOfWork], Awaitable[None]]) -> None:
        pause = 0.1
        while True:
            try:
                async with self._units.open() as uow:
                    await action(uow)
                return
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("database_waits", error=type(error).__name__, seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)


async def _set_aside(delivery: Delivery, error: Exception, uow: UnitOfWork) -> None:
    """A surprise: kept for the operator, and the sender is told that nothing was taken in."""
    reason = f"From {delivery.code or '?'}: {type(error).__name__}" + (f": {error}" if isinstance(error, UnknownSender) else "")
    await dead_letters.set_aside(uow, body=delivery.body, content_type=SINGLE, reason_code=type(error).__name__, reason=reason)
    if not isinstance(error, UnknownSender):
        body = to_json(answers.answer(delivery.message_id, answers.REJECTED, [answers.own_error("KOKI-M900")]))
        uow.send(body, exchange=answers.EXCHANGE, routing_key=delivery.code, subject=delivery.code, content_type=answers.CONTENT_TYPE)
