"""Collection on a real broker, and singles beside a batch: whatever overtakes what, the last decision is charged, once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aio_pika
from chassis.consumer import Consumer
from chassis.relay import Relay
from chassis.testing import Databases, eventually
from chassis.topology import declare_events
from chassis.unit_of_work import Units
from collection_service.handlers.routing import ROUTES
from contracts.envelope import SINGLE, Event, decode, encode

from services.collection.tests.people import ROOT, apply, assessed, instalments, rows, said, sealed


async def publish(broker: str, *events: Event) -> None:
    """As their owners would: persistent, to the exchange of each, with the subject that decides the partition."""
    async with await aio_pika.connect(broker) as connection:
        channel = await connection.channel()
        for event in events:
            _, message = said(event)
            exchange = await channel.get_exchange(f"{event.owner}.events", ensure=False)
            body = aio_pika.Message(
                encode([message]),
                message_id=str(message.id),
                content_type=SINGLE,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                headers={"subject": event.subject},
            )
            await exchange.publish(body, event.type)


async def test_assessments_from_the_broker_become_instalments_on_the_broker(databases: Databases, broker: str, tmp_path: Path) -> None:
    async with await aio_pika.connect(broker) as connection:
        channel = await connection.channel()
        for owner in ("gateway", "eligibility", "premium", "collection"):
            await declare_events(channel, owner)
        heard = await channel.declare_queue("listener", durable=True)
        await heard.bind("collection.events", "collection.instalments_set.v1")

        async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
            consumer = Consumer(units=units, routes=ROUTES, broker_url=broker)
            relay = Relay(service="collection", engine=units.engine, broker_url=broker)
            tasks = [asyncio.create_task(part.run()) for part in (consumer, relay)]
            try:
                await eventually(lambda: consumer.consuming)
                batch = await sealed(units, [assessed(1, 40_000), assessed(2, 9_000)])
                # The second decision about person 1 overtakes the batch that holds the first, and comes twice.
                await publish(broker, assessed(1, 58_050, sequence=2), assessed(1, 58_050, sequence=2))
                await eventually(lambda: _parked(units))
                assert await instalments(units, 1) == {}
                await publish(broker, batch)
                await eventually(lambda: _charged(units, 58_050 + 9_000), seconds=30)

                said_events: list[tuple[str, int]] = []

                async def hear() -> bool:
                    message = await heard.get(fail=False, no_ack=True)
                    for item in decode(message.body) if message else []:
                        said_events.append((item["data"]["resident_number"], item["sequence"]))
                    return len(said_events) >= 3

                await eventually(hear)
                assert sorted(said_events) == [("1", 1), ("1", 2), ("2", 1)]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _parked(units: Units) -> bool:
    return await rows(units, "SELECT count(*) FROM parked_message") == [(1,)]


async def _charged(units: Units, yen: int) -> bool:
    return await rows(units, "SELECT coalesce(sum(amount), 0)::bigint FROM charge_entry") == [(yen,)]


async def test_singles_beside_a_batch_end_in_the_last_decision_of_everybody(databases: Databases, tmp_path: Path) -> None:
    people = range(1, 61)
    database = await databases("collection", ROOT)
    async with database.units(store=tmp_path) as loading, database.units(store=tmp_path) as receiving:
        batch = await sealed(loading, [assessed(number, 20_000 + number, sequence=2) for number in people])
        singles = [apply(receiving, assessed(number, 50_000 + number), assessed(number + 100, 1_000)) for number in people]
        await asyncio.gather(apply(loading, batch), *singles)

        found = await rows(loading, "SELECT resident_number::int, annual_amount, sequence FROM assessment ORDER BY 1")
        assert found[: len(people)] == [(number, 20_000 + number, 2) for number in people]
        assert found[len(people) :] == [(number + 100, 1_000, 1) for number in people]
        for number in people:
            assert sum((await instalments(loading, number)).values()) == 20_000 + number
        doubled = await rows(
            loading, "SELECT 1 FROM charge_entry WHERE reverses = 0 GROUP BY insured_id, number, revision HAVING count(*) > 1"
        )
        assert doubled == []
