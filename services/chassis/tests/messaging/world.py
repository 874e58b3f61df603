"""A small service for the tests of the chassis: it adds up yen per insured person, and says an event for each message it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
from chassis.clock import derived_id, uuid7
from chassis.consumer import Consumer
from chassis.relay import Relay
from chassis.routing import Routes
from chassis.testing import Databases
from chassis.topology import declare_events
from chassis.unit_of_work import UnitOfWork, Units
from contracts.envelope import PACK, SINGLE, Message, encode
from contracts.events.collection import Instalment, InstalmentsSet
from contracts.events.premium import PremiumAssessed
from sqlalchemy import text

ROOT = Path("services/collection")
DAY = date(2026, 7, 13)


def assessed(person: int, sequence: int, amount: int = 1_000) -> Message[PremiumAssessed]:
    """A premium.assessed.v1 about person number `person`; the amount of the n-th is n times `amount`."""
    insured_id = derived_id("insured", person)
    event = PremiumAssessed(
        effective_on=DAY,
        sequence=sequence,
        insured_id=insured_id,
        municipality_code="131016",
        resident_number=str(person),
        assessment_id=derived_id("assessment", person, sequence),
        fiscal_year=2026,
        annual_amount=amount * sequence,
        medical_amount=amount * sequence,
        child_support_amount=0,
        months=12,
        provisional=False,
    )
    identifier = derived_id("message", person, sequence)
    return Message(identifier, "premium", datetime(2026, 7, 13, tzinfo=UTC), event, identifier)


@dataclass
class World:
    """Database, broker and the handler of the small service; `poison` names persons on whom the handler fails."""

    units: Units
    broker: str
    poison: set[str] = field(default_factory=set)

    def routes(self) -> Routes:
        return Routes({self.on_assessed: (PremiumAssessed,)})

    async def on_assessed(self, messages: Sequence[Message[Any]], uow: UnitOfWork) -> None:
        for message in messages:
            event = message.event
            if event.resident_number in self.poison:
                raise ValueError("this person cannot be applied")
            await uow.connection.execute(
                text("INSERT INTO seen (person, sequence, amount) VALUES (:p, :s, :a)"),
                {"p": int(event.resident_number), "s": event.sequence, "a": event.annual_amount},
            )
            instalment = Instalment(number=1, month=7, due_on=date(2026, 7, 31), amount=event.annual_amount)
            said = InstalmentsSet(
                effective_on=DAY,
                sequence=event.sequence,
                insured_id=event.insured_id,
                municipality_code=event.municipality_code,
                resident_number=event.resident_number,
                assessment_id=event.assessment_id,
                fiscal_year=event.fiscal_year,
                annual_amount=event.annual_amount,
                instalments=(instalment,),
            )
            uow.publish(said, because=message)

    def consumer(self, **options: Any) -> Consumer:
        return Consumer(units=self.units, routes=self.routes(), broker_url=self.broker, **options)

    def relay(self, service: str = "collection") -> Relay:
        return Relay(service=service, engine=self.units.engine, broker_url=self.broker)

    async def send(self, messages: Sequence[Message[Any]], *, packed: bool = False) -> None:
        """Publish as the owner would: with confirms, to premium.events."""
        connection = await aio_pika.connect(self.broker)
        async with connection:
            channel = await connection.channel()
            await declare_events(channel, "premium")
            exchange = await channel.get_exchange("premium.events", ensure=False)
            groups = [list(messages)] if packed else [[message] for message in messages]
            for start in range(0, len(groups), 500):
                await asyncio.gather(
                    *(exchange.publish(_amqp(group, packed), group[0].event.type) for group in groups[start : start + 500])
                )

    async def rows(self, query: str) -> list[Any]:
        async with self.units.engine.connect() as connection:
            return list((await connection.execute(text(query))).all())

    async def value(self, query: str) -> Any:
        return (await self.rows(query))[0][0]

    async def seen(self) -> list[tuple[int, int]]:
        return [(row.person, row.sequence) for row in await self.rows("SELECT person, sequence FROM seen ORDER BY number")]

    @asynccontextmanager
    async def running(self, *parts: Any) -> AsyncIterator[None]:
        """`run()` of each part as a task, cancelled at the end."""
        tasks = [asyncio.create_task(part.run()) for part in parts]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if not isinstance(ended, asyncio.CancelledError):
                    raise AssertionError("A part ended by itself.") from ended


def _amqp(group: Sequence[Message[Any]], packed: bool) -> aio_pika.Message:
    return aio_pika.Message(
        encode(list(group), packed=packed),
        message_id=str(uuid7() if packed else group[0].id),
        content_type=PACK if packed else SINGLE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        headers={"subject": group[0].event.subject},
    )


@asynccontextmanager
async def a_world(databases: Databases, broker: str) -> AsyncIterator[World]:
    """A database with the table `seen`, the exchange of the owner, and the small service on them."""
    database = await databases("collection", ROOT)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(
        "CREATE TABLE seen (number bigserial PRIMARY KEY, person bigint, sequence int, amount bigint, UNIQUE (person, sequence))"
    )
    await owner.close()
    connection = await aio_pika.connect(broker)
    async with connection:
        await declare_events(await connection.channel(), "premium")
    async with database.units() as units:
        yield World(units, broker)
