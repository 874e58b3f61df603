"""What the database itself refuses, whoever writes."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest
from chassis.database import driver
from chassis.testing import Databases
from sqlalchemy.exc import IntegrityError

from services.eligibility.tests.people import resident
from services.eligibility.tests.world import World, a_world, only

_SECOND = """
INSERT INTO qualification SELECT municipality_code, resident_number, 2, gen_random_uuid(), '99999999', residence_since,
    $1, 'moved_in', NULL, NULL, 1, now() FROM qualification
"""


async def _write(world: World, statement: str, *arguments: object) -> None:
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute(statement, *arguments)


async def test_two_qualifications_of_one_person_that_overlap_cannot_be_stored(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())
        await world.hear(resident(1, 2, status="2", changed_on=date(2026, 3, 31), ended_on=date(2026, 3, 31)))

        with pytest.raises(IntegrityError, match="overlap"):
            await _write(world, _SECOND, date(2026, 3, 31))
        await _write(world, _SECOND, date(2026, 4, 1))
        with pytest.raises(IntegrityError, match="overlap"):
            await _write(world, "UPDATE qualification SET lost_on = NULL, loss_reason = NULL WHERE ordinal = 1")

        assert len(await world.ledger()) == 2


async def test_two_versions_of_one_record_that_held_together_cannot_be_stored(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())
        await world.hear(resident(1, 2, changed_on=date(2020, 1, 1)))

        with pytest.raises(asyncpg.ExclusionViolationError):
            await _write(world, "INSERT INTO resident_history SELECT * FROM resident_history")


async def test_a_loss_without_a_reason_or_before_the_acquisition_cannot_be_stored(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())

        for change in ("lost_on = '2026-01-01'", "lost_on = acquired_on - 1, loss_reason = 'death'", "acquired_on = '2008-03-31'"):
            with pytest.raises(asyncpg.CheckViolationError):
                await _write(world, f"UPDATE qualification SET {change}")


async def test_a_number_that_somebody_holds_cannot_become_the_number_of_another(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await world.hear(resident(2))
        with pytest.raises(IntegrityError, match="A number is held by two people"):
            await _write(world, "UPDATE qualification SET insured_number = '00000001' WHERE insured_number = '00000002'")


async def test_numbers_are_never_given_twice_not_even_after_a_transaction_that_failed(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        with pytest.raises(asyncpg.DivisionByZeroError):
            await _write(world, "SELECT take_insured_numbers(10), 1 / (random() * 0)::int")
        await world.hear(resident(2))

        assert [row["insured_number"] for row in await world.ledger()] == ["00000001", "00000012"]
        assert only(await world.rows("SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory'"))["locks"] == 0
