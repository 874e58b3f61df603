"""The relay on a real broker: what was committed is sent at least once, what was not is never sent."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import aio_pika
import asyncpg
import pytest
from chassis.relay import Relay
from chassis.testing import Databases, eventually
from chassis.topology import declare_events
from sqlalchemy import text

from infra.local.servers import PrivateServers
from services.chassis.tests.messaging.world import World, a_world, assessed

KILLED_BETWEEN_PUBLISH_AND_MARK = """
import asyncio, os, signal, sys
from chassis.database import create_engine
from chassis.relay import Relay

class Dying(Relay):
    async def _publish(self, channel, rows):
        await super()._publish(channel, rows[:30])
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    relay = Dying(service="collection", engine=create_engine(sys.argv[1]), broker_url=sys.argv[2])
    await asyncio.wait_for(relay.run(), 30)

asyncio.run(main())
"""


async def _outbox_of(world: World, count: int) -> None:
    await world.consumer().apply([("on_assessed", assessed(person, 1)) for person in range(count)])
    assert await world.value("SELECT count(*) FROM outbox WHERE published_at IS NULL") == count


async def _listening(broker: str) -> tuple[aio_pika.abc.AbstractConnection, aio_pika.abc.AbstractQueue]:
    connection = await aio_pika.connect(broker)
    channel = await connection.channel()
    await declare_events(channel, "collection")
    queue = await channel.declare_queue("observer", durable=True, arguments={"x-queue-type": "quorum"})
    await queue.bind("collection.events", "#")
    return connection, queue


async def _received(queue: aio_pika.abc.AbstractQueue) -> list[str]:
    found: list[str] = []
    while (message := await queue.get(timeout=5, fail=False)) is not None:
        found.append(message.message_id or "")
        await message.ack()
    return found


async def test_killed_between_publish_and_mark_it_sends_again_and_loses_nothing(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        connection, queue = await _listening(broker)
        async with connection:
            await _outbox_of(world, 100)
            url = world.units.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            command = [sys.executable, "-c", KILLED_BETWEEN_PUBLISH_AND_MARK, url, broker]
            ended = await asyncio.to_thread(subprocess.run, command, timeout=60, check=False, env=_environment())
            assert ended.returncode == -signal.SIGKILL
            assert await world.value("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 100

            async with world.running(world.relay()):
                await eventually(lambda: _nothing_left(world))
            found = await _received(queue)

        assert len(set(found)) == 100
        assert len(found) >= 130, "the rows sent before the kill are sent again: a duplicate, never a loss"


async def test_rows_of_a_transaction_that_was_rolled_back_are_never_sent(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        connection, queue = await _listening(broker)
        async with connection, world.running(world.relay()):
            world.poison.add("5")
            with pytest.raises(ValueError, match="cannot be applied"):
                await world.consumer().apply([("on_assessed", assessed(person, 1)) for person in range(10)])
            await asyncio.sleep(1)
            assert await _received(queue) == []


async def test_an_event_that_somebody_hears_is_kept_until_a_queue_exists(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        async with world.units.open() as uow:
            uow.publish(assessed(1, 1).event)
        async with world.running(world.relay("premium")):
            await asyncio.sleep(1.5)
            assert await world.value("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 1

            async with world.running(world.consumer()):
                await eventually(lambda: _was_seen(world))


async def test_two_relays_send_every_row_once(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        connection, queue = await _listening(broker)
        async with connection:
            await _outbox_of(world, 3_000)
            async with world.running(world.relay(), world.relay()):
                await eventually(lambda: _nothing_left(world))
            found = await _received(queue)
        assert len(found) == len(set(found)) == 3_000


async def test_rows_are_forgotten_a_week_after_they_were_sent(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        await _outbox_of(world, 3)
        async with world.units.engine.begin() as connection:
            await connection.execute(text("UPDATE outbox SET published_at = now() - interval '8 days' WHERE id % 3 = 0"))
        await Relay(service="collection", engine=world.units.engine, broker_url=broker).forget_old()

        assert await world.value("SELECT count(*) FROM outbox") == 2


async def _was_seen(world: World) -> bool:
    return await world.seen() == [(1, 1)]


async def _nothing_left(world: World) -> bool:
    return bool(await world.value("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0)


async def test_it_waits_for_a_database_that_is_away_and_then_sends(databases: Databases, broker: str, servers: PrivateServers) -> None:
    async with a_world(databases, broker) as world:
        connection, queue = await _listening(broker)
        async with connection, world.running(relay := world.relay()):
            await eventually(lambda: relay.connected)
            await _outbox_of(world, 10)
            name = world.units.engine.url.database
            superuser = await asyncpg.connect(servers.database_url("collection", "superuser", database="postgres"))
            await superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            await asyncio.sleep(1.5)  # longer than its poll: it has met the closed door
            await superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            await superuser.close()

            await eventually(lambda: _nothing_left(world))
            assert len(await _received(queue)) >= 10


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": "contracts:services/chassis"}
