"""States and deadlines are rows: they outlive the process of the machine, and a missed deadline always reaches somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from chassis import dead_letters
from chassis.process import OutOfTurn, advance, pass_deadlines
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from sqlalchemy import text

from services.chassis.tests.processes.calling import Calling, Came, Missing

DAY = date(2026, 7, 13)
ROOT = Path("services/collection")


@asynccontextmanager
async def on(database: TestDatabase, day: date) -> AsyncIterator[Units]:
    async with database.units(today=day) as units:
        yield units


async def _happen(units: Units, happened: Sequence[tuple[str, Any]], process: Calling | None = None) -> None:
    async with units.open() as uow:
        await advance(process or Calling(), [(key, event, None) for key, event in happened], uow)


async def _pass(units: Units, process: Calling | None = None) -> int:
    async with units.open() as uow:
        return await pass_deadlines([process or Calling()], uow)


async def _rows(units: Units, query: str) -> list[tuple[Any, ...]]:
    async with units.open() as uow:
        return [tuple(row) for row in await uow.connection.execute(text(query))]


STEPS = "SELECT key, state->>'step' FROM process_instance ORDER BY key"
DEADLINES = "SELECT key, name, due_on FROM deadline ORDER BY key"
SAID = "SELECT subject, routing_key FROM outbox ORDER BY id"
LETTERS = "SELECT type, subject, reason_code, reason, state FROM dead_letter ORDER BY subject"


async def test_states_and_deadlines_are_stored_with_what_is_said(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with on(database, DAY) as units:
        await _happen(units, [("1", Missing(DAY)), ("2", Missing(DAY)), ("2", Came(DAY))])

        assert await _rows(units, STEPS) == [("1", "waiting"), ("2", "ended")]
        assert await _rows(units, DEADLINES) == [("1", "patience", DAY + timedelta(days=7))], "what came in time lifted it"
        assert await _rows(units, SAID) == []


async def test_a_deadline_passes_on_its_day_and_not_before(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with on(database, DAY) as units:
        await _happen(units, [("1", Missing(DAY))])
    async with on(database, DAY + timedelta(days=6)) as units:
        assert await _pass(units) == 0
    async with on(database, DAY + timedelta(days=7)) as units:
        assert await _pass(units) == 1
        assert await _pass(units) == 0

        assert await _rows(units, STEPS) == [("1", "called")]
        assert await _rows(units, DEADLINES) == []
        assert await _rows(units, SAID) == [("131016:1", "premium.case_raised.v1")]


async def test_a_deadline_missed_while_nothing_ran_passes_as_soon_as_something_does(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with on(database, DAY) as units:
        await _happen(units, [(str(person), Missing(DAY)) for person in range(3)])
    async with on(database, DAY + timedelta(days=100)) as units:
        async with units.open() as uow:
            assert await pass_deadlines([Calling()], uow, limit=2) == 2
        assert await _pass(units) == 1
        assert {step for _, step in await _rows(units, STEPS)} == {"called"}


async def test_a_deadline_set_again_moves(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with on(database, DAY) as units:
        await _happen(units, [("1", Missing(DAY))])
        await _happen(units, [("1", Missing(DAY + timedelta(days=1)))])
        assert await _rows(units, DEADLINES) == [("1", "patience", DAY + timedelta(days=8))]


async def test_a_surprise_leaves_neither_state_nor_deadline_nor_event(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with on(database, DAY) as units:
        with pytest.raises(OutOfTurn):
            await _happen(units, [("1", Missing(DAY)), ("2", Came(DAY))])

        assert await _rows(units, STEPS) == await _rows(units, DEADLINES) == await _rows(units, SAID) == []


async def test_a_deadline_that_its_process_cannot_take_is_a_dead_letter_and_the_others_pass(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    late = DAY + timedelta(days=7)
    async with on(database, DAY) as units:
        await _happen(units, [(str(person), Missing(DAY)) for person in range(1, 5)])
    async with on(database, late) as units:
        assert await _pass(units, Calling(refuses=frozenset({"2"}))) == 4

        steps = [("1", "called"), ("2", "waiting"), ("3", "called"), ("4", "called")]
        assert await _rows(units, STEPS) == steps
        assert [subject for subject, _ in await _rows(units, SAID)] == ["131016:1", "131016:3", "131016:4"]
        reason = "calling, deadline patience: OutOfTurn: waiting does not know DeadlinePassed"
        assert await _rows(units, LETTERS) == [("koki.deadline", "2", "OutOfTurn", reason, "open")]
        assert await _rows(units, DEADLINES) == [], "it is not tried again and again"


async def test_a_deadline_among_the_dead_letters_is_set_again_when_it_is_replayed(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with on(database, DAY) as units:
        await _happen(units, [("2", Missing(DAY))])
    async with on(database, DAY + timedelta(days=9)) as units:
        await _pass(units, Calling(refuses=frozenset({"2"})))
        (letter,) = await _rows(units, "SELECT id FROM dead_letter")

        async with units.open() as uow:
            await dead_letters.replay(uow, letter[0], by="operator")
        assert await _rows(units, DEADLINES) == [("2", "patience", DAY + timedelta(days=7))]
        assert await _pass(units) == 1

        assert await _rows(units, STEPS) == [("2", "called")]
        assert await _rows(units, "SELECT state, decided_by FROM dead_letter") == [("replayed", "operator")]


async def test_two_replicas_pass_a_deadline_once(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with on(database, DAY) as units:
        await _happen(units, [("1", Missing(DAY))])
    async with on(database, DAY + timedelta(days=7)) as here, on(database, DAY + timedelta(days=7)) as there:
        async with here.open() as uow:
            assert await pass_deadlines([Calling()], uow) == 1
            assert await _pass(there) == 0, "taken by the other, who has not committed yet"
        assert await _pass(there) == 0
        assert len(await _rows(here, SAID)) == 1
