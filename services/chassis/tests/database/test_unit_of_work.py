"""One transaction: what was written and what was said are there together, or neither is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.envelope import LARGEST_PACK, PACK, SINGLE
from sqlalchemy import text

from services.chassis.tests.messaging.world import assessed

ROOT = Path("services/collection")


async def _outbox(units: Units) -> list[Any]:
    async with units.open() as uow:
        return list((await uow.connection.execute(text("SELECT * FROM outbox ORDER BY id"))).mappings())


async def _write_say_and_fail(units: Units) -> None:
    async with units.open() as uow:
        uow.publish(assessed(1, 1).event)
        await uow.connection.execute(text("INSERT INTO inbox (message_id, handler) VALUES (gen_random_uuid(), 'x')"))
        raise RuntimeError


async def test_what_was_said_is_written_when_the_transaction_commits_with_its_cause(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as units:
        cause = assessed(1, 1)
        async with units.open() as uow:
            uow.publish(cause.event, because=cause)
            uow.publish(assessed(2, 1).event)
            assert await _outbox(units) == []
        because, alone = await _outbox(units)

        said = json.loads(because["body"])
        assert (because["exchange"], because["routing_key"], because["subject"]) == ("premium.events", "premium.assessed.v1", "131016:1")
        assert because["content_type"] == SINGLE
        assert (said["causationid"], said["correlationid"]) == (str(cause.id), str(cause.correlation_id))
        assert said["id"] == str(because["message_id"])
        assert json.loads(alone["body"])["correlationid"] == str(alone["message_id"]), "it begins a story of its own"


async def test_an_exception_takes_back_what_was_said_and_written(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as units:
        with pytest.raises(RuntimeError):
            await _write_say_and_fail(units)
        assert await _outbox(units) == []
        async with units.open() as uow:
            assert (await uow.connection.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 0


async def test_packed_events_leave_in_packs_of_at_most_a_thousand_in_their_order(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as units:
        async with units.open() as uow:
            uow.publish(*(assessed(1, number).event for number in range(1, 2_502)), pack=uuid4())
        rows = await _outbox(units)

        assert [len(json.loads(row["body"])) for row in rows] == [LARGEST_PACK, LARGEST_PACK, 501]
        assert {row["content_type"] for row in rows} == {PACK}
        assert [item["sequence"] for row in rows for item in json.loads(row["body"])] == list(range(1, 2_502))


async def test_the_relay_is_woken_after_the_commit_and_only_when_there_is_something_to_send(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as given:
        woken: list[int] = []

        def wake() -> None:
            woken.append(1)

        units = Units(given.engine, given.service, given.clock, given.store, wake)
        async with units.open():
            pass
        assert woken == []
        async with units.open() as uow:
            uow.publish(assessed(1, 1).event)
            assert woken == []
        assert woken == [1]
        with pytest.raises(RuntimeError):
            await _write_say_and_fail(units)
        assert woken == [1]
