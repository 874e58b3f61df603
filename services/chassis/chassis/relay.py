"""The relay: the only part that publishes. It sends committed outbox rows with publisher confirms and then marks them.

Killed between publish and mark it sends a row again: a duplicate, which the inbox of the reader drops; never a loss.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from contracts.catalogue import CATALOGUE
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.database import driver
from chassis.faults import is_transient
from chassis.publishing import Parcel, publish_all
from chassis.topology import SETUP_SECONDS, declare_events

log = structlog.get_logger("relay")

CHUNK = 1_000
POLL_SECONDS = 0.5
CONFIRM_SECONDS = 15
DATABASE_SECONDS = 1
KEEP = timedelta(days=7)
_BROKER_LOST = (OSError, aio_pika.exceptions.AMQPError, TimeoutError, asyncio.InvalidStateError, RuntimeError)

_TAKE = """
SELECT id, message_id, exchange, routing_key, subject, content_type, traceparent, body FROM outbox
WHERE published_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
"""


class Relay:
    """Sends the outbox of one service. Start `run` as a task; `wake` it after a commit; it also looks by itself."""

    def __init__(self, *, service: str, engine: AsyncEngine, broker_url: str) -> None:
        self.service = service
        self.engine = engine
        self.broker_url = broker_url
        self.connected = False
        self._wake = asyncio.Event()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled: connect, send, and connect again after any loss of broker or database."""
        pause = 0.2
        while True:
            try:
                connection = await aio_pika.connect(
                    self.broker_url, timeout=10, client_properties={"connection_name": f"{self.service} relay"}
                )
                async with connection:
                    pause = 0.2
                    await self._send_until_lost(connection)
            except Exception as error:
                if not (isinstance(error, _BROKER_LOST) or is_transient(error)):
                    raise
                log.warning("relay_waits", error=type(error).__name__, seconds=pause)
            finally:
                self.connected = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    async def _send_until_lost(self, connection: AbstractConnection) -> None:
        async with asyncio.timeout(SETUP_SECONDS):
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await declare_events(channel, self.service)
        self.connected = True
        while not (connection.is_closed or channel.is_closed):
            self._wake.clear()
            try:
                sent, failed = await self.send_some(await channel.get_underlay_channel())
            except Exception as error:
                if connection.is_closed or channel.is_closed or not is_transient(error):
                    raise
                log.warning("database_waits", error=type(error).__name__, seconds=DATABASE_SECONDS)
                await asyncio.sleep(DATABASE_SECONDS)
                continue
            if failed or not sent:
                try:
                    await asyncio.wait_for(self._wake.wait() if not failed else asyncio.sleep(1), POLL_SECONDS + (1 if failed else 0))
                except TimeoutError:
                    continue

    async def send_some(self, channel: Any) -> tuple[int, int]:
        """One round: up to CHUNK rows sent, confirmed and marked in one transaction; returns (sent, failed)."""
        async with self.engine.begin() as connection:
            raw = await driver(connection)
            rows = await raw.fetch(_TAKE, CHUNK)
            if not rows:
                return 0, 0
            outcomes = await self._publish(channel, rows)
            sent = [row["id"] for row, outcome in zip(rows, outcomes, strict=True) if outcome is None]
            await raw.execute("UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])", sent)
        failures = [outcome for outcome in outcomes if outcome is not None]
        if failures:
            log.warning("relay_keeps_rows", rows=len(failures), error=type(failures[0]).__name__)
        return len(sent), len(failures)

    async def _publish(self, channel: Any, rows: Sequence[Any]) -> list[BaseException | None]:
        """For each row None, or why the broker has not confirmed it."""
        return await publish_all(channel, [_parcel(row) for row in rows], seconds=CONFIRM_SECONDS)

    async def forget_old(self) -> None:
        """Delete rows that were sent more than a week ago, and inbox rows of the same age."""
        async with self.engine.begin() as connection:
            for statement in (
                "DELETE FROM outbox WHERE published_at < now() - CAST(:keep AS interval)",
                "DELETE FROM inbox WHERE handled_at < now() - CAST(:keep AS interval)",
            ):
                await connection.execute(text(statement), {"keep": KEEP})


def _parcel(row: Any) -> Parcel:
    entry = CATALOGUE.get(row["routing_key"])
    return Parcel(
        exchange=row["exchange"],
        routing_key=row["routing_key"],
        # An event that somebody hears must find a queue; one that nobody hears yet may fall to the ground.
        mandatory=entry is None or bool(entry.heard_by),
        message_id=str(row["message_id"]),
        content_type=row["content_type"],
        headers={"subject": row["subject"], "traceparent": row["traceparent"] or ""},
        body=row["body"],
    )
