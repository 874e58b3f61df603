"""移行リハーサル: emptied by two officers, repeated from its own files, and never anything else than a rehearsal."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from chassis.database import driver
from chassis.testing import Databases
from eligibility_service.domain.phases import Phase

from services.eligibility.tests import first_load
from services.eligibility.tests.api.conftest import a_window
from services.eligibility.tests.api.test_migration import approve, ask, ready
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident


async def test_a_rehearsal_is_emptied_by_two_officers_and_repeated_from_the_same_files(databases: Databases, keys: Path) -> None:
    """T-10, as far as eligibility goes: one act empties it and hands in every file again; the ledger is the same, number by number."""
    async with a_window(databases, keys) as window:
        world = window.world
        await first_load.begin(world, Phase.REHEARSAL, CHIYODA, HACHIOJI)
        await first_load.load(world, [resident(1), resident(2)])
        await first_load.load(world, [resident(1, municipality=HACHIOJI)], municipality=HACHIOJI)
        await world.hear(resident(3))
        first = [(row["municipality_code"], row["resident_number"], row["insured_id"]) for row in await world.ledger()]

        asked = await ask(window, "reset_rehearsal", repeat=True)
        untouched = await world.ledger()
        outcome = await approve(window, asked.json()["approval_id"])
        emptied = await world.ledger()
        handed = await world.rows("SELECT body, exchange FROM outbox ORDER BY id")
        for row in handed:
            await world.consumer.apply(world.consumer._decode(row["body"]))  # as the broker would deliver it

        assert len(untouched) == 4
        assert (outcome.json()["outcome"], emptied) == ({"batches": 2}, [])
        assert {row["exchange"] for row in handed} == {"eligibility.partitions"}
        again = await world.ledger()
        assert [(row["municipality_code"], row["resident_number"], row["insured_id"]) for row in again] == [
            row for row in first if row[1] != f"{3:015d}"
        ]
        assert sorted(row["insured_number"] for row in again) == ["00000001", "00000002", "00000003"]
        kept = await world.rows("SELECT state, act FROM approval")
        assert kept == [{"state": "approved", "act": "reset_rehearsal"}]


async def test_what_is_not_a_rehearsal_is_never_emptied(databases: Databases, keys: Path) -> None:
    """The database refuses it too: without the check in `empty_rehearsal` the second half emptied a migration."""
    async with a_window(databases, keys) as window:
        await ready(window.world)

        asked = await ask(window, "reset_rehearsal")
        with pytest.raises(asyncpg.CheckViolationError, match="Only a rehearsal is emptied"):
            async with window.world.units.open() as uow:
                await (await driver(uow.connection)).execute("SELECT empty_rehearsal()")

        assert (asked.status_code, asked.json()["code"]) == (409, "KOKI-E051")
        assert len(await window.world.ledger()) == 2


async def test_a_reset_empties_everything_but_what_stands_on_its_list(databases: Databases, keys: Path) -> None:
    """A table that another migration adds is emptied too, unless it is put on the list there."""
    async with a_window(databases, keys) as window:
        await first_load.begin(window.world, Phase.REHEARSAL)
        await first_load.load(window.world, [resident(1)])
        async with window.world.units.open() as uow:
            await (await driver(uow.connection)).execute("SELECT empty_rehearsal()")

        names = await window.world.rows(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        filled = [row["relname"] for row in names if await window.world.value(f"SELECT EXISTS (SELECT FROM {row['relname']})")]
        assert set(filled) == {"alembic_version", "phase", "union_setting", "migration_plan", "expected_municipality", "municipal_batch"}


async def test_the_migration_begins_with_nothing_of_the_rehearsal(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await first_load.begin(window.world, Phase.REHEARSAL)
        await first_load.load(window.world, [resident(1)])

        too_early = await ask(window, "begin_migration")
        reset = await ask(window, "reset_rehearsal", key="key-00000002")
        await approve(window, reset.json()["approval_id"])
        asked = await ask(window, "begin_migration", key="key-00000003")
        decided = await approve(window, asked.json()["approval_id"])

        assert (too_early.status_code, too_early.json()["code"]) == (409, "KOKI-E052")
        assert decided.json()["outcome"] == {"phase": "migration"}
        assert await window.world.value("SELECT count(*) FROM municipal_batch") == 0
