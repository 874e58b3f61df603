"""The consumer on a real broker and database: nothing twice, nothing lost, order per person, poison set aside."""

from __future__ import annotations

import pytest
from chassis import dead_letters
from chassis.testing import Databases, eventually
from chassis.unit_of_work import UnitOfWork

from services.chassis.tests.messaging.world import World, a_world, assessed


async def test_each_message_is_applied_once_and_answered_with_one_outbox_row(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world, world.running(consumer := world.consumer()):
        await eventually(lambda: consumer.consuming)
        await world.send([assessed(person, 1) for person in range(50)])
        await eventually(lambda: _count(world, 50))

        assert await world.value("SELECT count(*) FROM outbox") == 50
        assert await world.value("SELECT count(*) FROM inbox") == 50


async def test_a_duplicate_changes_nothing_even_in_the_same_batch(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        consumer = world.consumer()
        once = [("on_assessed", assessed(1, 1))]
        await consumer.apply(once * 3)
        await consumer.apply(once)

        assert await world.seen() == [(1, 1)]
        assert await world.value("SELECT count(*) FROM outbox") == 1


async def test_the_same_fact_under_another_message_id_is_dropped_by_its_sequence(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        consumer = world.consumer()
        first = assessed(1, 1)
        again = type(first)(assessed(9, 9).id, first.source, first.time, first.event, first.correlation_id)
        await consumer.apply([("on_assessed", first)])
        await consumer.apply([("on_assessed", again)])

        assert await world.seen() == [(1, 1)]


async def test_what_is_ahead_of_a_gap_waits_and_follows_in_order(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        consumer = world.consumer()
        await consumer.apply([("on_assessed", assessed(1, 3)), ("on_assessed", assessed(2, 1))])
        await consumer.apply([("on_assessed", assessed(1, 4))])
        assert await world.seen() == [(2, 1)]
        assert await world.value("SELECT count(*) FROM parked_message") == 2

        await consumer.apply([("on_assessed", assessed(1, 2)), ("on_assessed", assessed(1, 1))])

        assert await world.seen() == [(2, 1), (1, 1), (1, 2), (1, 3), (1, 4)]
        assert await world.value("SELECT count(*) FROM parked_message") == 0


async def test_a_gap_that_is_not_filled_in_time_becomes_a_dead_letter(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        consumer = world.consumer(park_seconds=0)
        await consumer.apply([("on_assessed", assessed(1, 2))])

        async with world.running(consumer):
            await eventually(lambda: _dead(world, 1))

        assert await world.value("SELECT reason_code FROM dead_letter") == "GapNotFilled"
        assert await world.seen() == []


async def test_a_poison_message_is_set_aside_while_others_flow_and_can_be_replayed_by_name(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world, world.running(consumer := world.consumer(), world.relay()):
        await eventually(lambda: consumer.consuming)
        world.poison.add("7")
        await world.send([assessed(person, 1) for person in range(20)])
        await eventually(lambda: _count(world, 19))
        await eventually(lambda: _dead(world, 1))
        assert await world.value("SELECT reason FROM dead_letter") == "ValueError: this person cannot be applied"

        world.poison.clear()
        identifier = await world.value("SELECT id FROM dead_letter")
        async with world.units.open() as uow:
            await dead_letters.replay(uow, identifier, by="operator")
        await eventually(lambda: _count(world, 20))

        assert await world.rows("SELECT state, decided_by FROM dead_letter") == [("replayed", "operator")]
        async with world.units.open() as uow:
            with pytest.raises(dead_letters.NotOpen):
                await dead_letters.replay(uow, identifier, by="operator")


async def test_a_pack_is_applied_whole_leaves_packed_and_a_poison_item_harms_only_itself(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world, world.running(consumer := world.consumer()):
        await eventually(lambda: consumer.consuming)
        await world.send([assessed(person, 1) for person in range(100)], packed=True)
        await eventually(lambda: _count(world, 100))
        assert await world.value("SELECT count(*) FROM outbox") == 1

        world.poison.add("150")
        await world.send([assessed(person, 1) for person in range(100, 200)], packed=True)
        await eventually(lambda: _count(world, 199))
        await eventually(lambda: _dead(world, 1))


async def test_a_body_that_is_no_event_is_set_aside_and_given_up_only_with_a_reason(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        consumer = world.consumer()
        await consumer._set_aside(b"\x00 not json", "text/plain", ValueError("not JSON"))
        identifier = await world.value("SELECT id FROM dead_letter")

        async with world.units.open() as uow:
            with pytest.raises(ValueError, match="理由"):
                await dead_letters.abandon(uow, identifier, by="operator", reason=" ")
        async with world.units.open() as uow:
            await dead_letters.abandon(uow, identifier, by="operator", reason="試験送信のため")

        assert await world.rows("SELECT state, decision_reason FROM dead_letter") == [("abandoned", "試験送信のため")]


async def test_a_failing_handler_leaves_no_trace_in_state_inbox_or_outbox(databases: Databases, broker: str) -> None:
    async with a_world(databases, broker) as world:
        world.poison.add("2")
        with pytest.raises(ValueError, match="cannot be applied"):
            await world.consumer().apply([("on_assessed", assessed(1, 1)), ("on_assessed", assessed(2, 1))])

        for table in ("seen", "inbox", "outbox", "stream_position"):
            assert await world.value(f"SELECT count(*) FROM {table}") == 0


async def _count(world: World, expected: int) -> bool:
    return bool(await world.value("SELECT count(*) FROM seen") == expected)


async def _dead(world: World, expected: int) -> bool:
    return bool(await world.value("SELECT count(*) FROM dead_letter") == expected)


def test_a_unit_of_work_cannot_send_by_itself() -> None:
    assert not [name for name in dir(UnitOfWork) if "channel" in name or "broker" in name]
