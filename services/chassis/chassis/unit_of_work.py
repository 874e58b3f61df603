"""One transaction of a handler: what it reads and writes, and what it says. Nothing is sent that was not committed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from contracts.envelope import LARGEST_PACK, PACK, SINGLE, Event, Message, encode
from obstore.store import ObjectStore
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import telemetry
from chassis.clock import Clock, uuid7
from chassis.database import copy_in, driver_under
from chassis.tokens import Principal

_OUTBOX = ("message_id", "exchange", "routing_key", "subject", "content_type", "traceparent", "body")
_AS_WINDOW = "BEGIN; SELECT set_config('koki.scope', '{scope}', true), set_config('role', '{role}', true)"


@dataclass
class UnitOfWork:
    """The transaction of one command or of one batch of messages. `publish` writes outbox rows; only the relay sends."""

    connection: AsyncConnection
    service: str
    now: datetime
    today: date
    store: ObjectStore
    _outgoing: list[Message[Any]] = field(default_factory=list)
    _records: list[tuple[object, ...]] = field(default_factory=list)

    def publish(self, *events: Event, because: Message[Any] | None = None, pack: UUID | None = None) -> None:
        """Say events when the transaction commits; `because` is the message that caused them.

        Events caused by a message of a pack leave packed; a job names a `pack` of its own.
        """
        traceparent = telemetry.traceparent_of(because)
        for event in events:
            message_id = uuid7()
            self._outgoing.append(
                Message(
                    id=message_id,
                    source=self.service,
                    time=self.now,
                    event=event,
                    correlation_id=because.correlation_id if because else message_id,
                    causation_id=because.id if because else None,
                    traceparent=traceparent,
                    pack_id=pack or (because.pack_id if because else None),
                )
            )

    def send(self, body: bytes, *, exchange: str, routing_key: str, subject: str, content_type: str = SINGLE) -> None:
        """Put a ready body into the outbox: answers to partners, replays of dead letters."""
        self._records.append((uuid7(), exchange, routing_key, subject, content_type, telemetry.traceparent_of(None), body))

    @property
    def has_outgoing(self) -> bool:
        return bool(self._outgoing or self._records)

    async def write_outbox(self) -> None:
        """Write what was said as outbox rows: one row a single event, one row a pack of up to 1,000."""
        packs: dict[tuple[UUID, str], list[Message[Any]]] = defaultdict(list)
        for message in self._outgoing:
            if message.pack_id is None:
                self._records.append(_row(message.id, [message], SINGLE))
            else:
                packs[message.pack_id, message.event.type].append(message)
        for messages in packs.values():
            for start in range(0, len(messages), LARGEST_PACK):
                self._records.append(_row(uuid7(), messages[start : start + LARGEST_PACK], PACK))
        if self._records:
            await copy_in(self.connection, "outbox", _OUTBOX, self._records)


def _row(message_id: UUID, messages: list[Message[Any]], content_type: str) -> tuple[object, ...]:
    first = messages[0]
    body = encode(messages, packed=content_type == PACK)
    return message_id, f"{first.event.owner}.events", first.event.type, first.event.subject, content_type, first.traceparent, body


@dataclass(frozen=True)
class Units:
    """Opens units of work for one service; `wake` tells the relay in this process that there is something to send."""

    engine: AsyncEngine
    service: str
    clock: Clock
    store: ObjectStore
    wake: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def open(self, *, seen_by: Principal | None = None) -> AsyncIterator[UnitOfWork]:
        """A transaction: committed with its outbox rows at the end, rolled back whole by an exception.

        `seen_by` makes it a reader's transaction: the role `<service>_window`, whose row-level security lets through the
        principal's municipalities alone.
        """
        async with self.engine.begin() if seen_by is None else self._reading(seen_by) as connection:
            uow = UnitOfWork(connection, self.service, self.clock.now(), self.clock.today(), self.store)
            yield uow
            await uow.write_outbox()
        if uow.has_outgoing:
            self.wake()

    @cached_property
    def _beginning_by_itself(self) -> AsyncEngine:
        """The same pool, without a transaction of SQLAlchemy's own."""
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def _reading(self, who: Principal) -> AsyncIterator[AsyncConnection]:
        """Begun and narrowed to the reader in one exchange with the database; rolled back, since a reader changes nothing."""
        scope = "*" if who.municipalities is None else ",".join(sorted(who.municipalities))
        async with self._beginning_by_itself.connect() as connection:
            raw = driver_under(connection)
            try:
                # Two statements at once take no parameters: what stands between the quotes has its own quotes doubled.
                await raw.execute(_AS_WINDOW.format(scope=scope.replace("'", "''"), role=f"{self.service}_window"))
                yield connection
            finally:
                if not raw.is_closed():
                    try:
                        await raw.execute("ROLLBACK")
                    except BaseException:
                        await connection.invalidate()  # nobody else may get a connection that still reads for this one
                        raise
