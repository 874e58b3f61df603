"""Kills at the worst moments: a consumer between commit and acknowledgement, the broker while consumers work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

from chassis.testing import Databases, eventually

from infra.local.servers import PrivateServers
from services.chassis.tests.messaging.world import World, a_world, assessed

KILLED_BETWEEN_COMMIT_AND_ACK = """
import asyncio, os, signal, sys
from chassis.batches import open_store
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import create_engine
from chassis.unit_of_work import Units
from services.chassis.tests.messaging.world import World

class Dying(Consumer):
    async def _apply_batch(self, batch):
        await super()._apply_batch(batch)
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    units = Units(create_engine(sys.argv[1]), "collection", Clock(), open_store(".koki/test/objects"))
    world = World(units, sys.argv[2])
    await asyncio.wait_for(Dying(units=units, routes=world.routes(), broker_url=sys.argv[2]).run(), 30)

asyncio.run(main())
"""


async def test_a_consumer_killed_between_commit_and_acknowledgement_applies_nothing_twice(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        async with world.running(first := world.consumer()):
            await eventually(lambda: first.consuming)
        await world.send([assessed(person, 1) for person in range(200)])
        url = world.units.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        command = [sys.executable, "-c", KILLED_BETWEEN_COMMIT_AND_ACK, url, broker]
        ended = await asyncio.to_thread(subprocess.run, command, timeout=60, check=False, env=_environment())
        assert ended.returncode == -signal.SIGKILL
        applied = await world.value("SELECT count(*) FROM seen")
        assert applied > 0, "the kill came after a commit"

        async with world.running(world.consumer()):
            await eventually(lambda: _seen(world, 200))
            await asyncio.sleep(0.5)

        assert await world.value("SELECT count(*) FROM outbox") == 200
        assert await world.value("SELECT count(*) FROM dead_letter") == 0


async def test_after_a_restart_of_the_broker_the_consumers_are_back_and_nothing_is_lost(
    databases: Databases, broker: str, servers: PrivateServers
) -> None:
    async with a_world(databases, broker) as world, world.running(consumer := world.consumer(), relay := world.relay()):
        await eventually(lambda: consumer.consuming and relay.connected)
        # RabbitMQ 3.10 forgets a quorum queue whose node is killed within a second of its very first declaration (seen: consume
        # on it is never answered). Queues of a running union are older than that.
        await asyncio.sleep(3)
        await world.send([assessed(person, 1) for person in range(500)])
        await asyncio.to_thread(servers.kill_broker)
        await eventually(lambda: not consumer.consuming)
        await asyncio.to_thread(servers.restart_broker)
        await eventually(lambda: consumer.consuming and relay.connected, seconds=60)

        await world.send([assessed(person, 1) for person in range(500, 600)])
        await eventually(lambda: _seen(world, 600), seconds=60)
        assert await world.value("SELECT count(*) FROM dead_letter") == 0


async def _seen(world: World, expected: int) -> bool:
    return bool(await world.value("SELECT count(*) FROM seen") == expected)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": ".:contracts:services/chassis"}
