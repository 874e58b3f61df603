"""創設結果表: what was sent, who is insured and on which ground, who is not and why; and every way in which it may not agree."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from chassis.batches import SealBroken
from chassis.database import driver
from chassis.testing import Databases
from eligibility_service.domain.phases import Phase
from eligibility_service.store import results

from services.eligibility.tests import first_load
from services.eligibility.tests.people import HACHIOJI, resident
from services.eligibility.tests.world import World, a_world, only

PEOPLE = [
    resident(1),
    resident(2, resident_since=date(2020, 4, 1)),
    resident(3, born_on=date(1951, 8, 1)),
    resident(4, born_on=date(1951, 8, 2)),
    resident(5, status="3", changed_on=date(2026, 7, 31), ended_on=date(2026, 7, 31)),
    resident(6, status="3", changed_on=date(2026, 8, 1), ended_on=date(2026, 8, 1)),
    resident(7, status="2", changed_on=date(2026, 6, 1), ended_on=date(2026, 6, 1)),
    resident(8, status="4", changed_on=date(2026, 6, 1), ended_on=date(2026, 6, 1)),
    resident(9, resident_since=date(2026, 8, 2), changed_on=date(2026, 8, 2)),
]


async def test_everybody_of_75_on_the_cut_off_day_stands_in_the_table_exactly_once_and_the_others_with_their_reason(
    databases: Databases,
) -> None:
    """T-02."""
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)
        await first_load.load(world, PEOPLE, rejected=2, parked=1)

        outcome = await first_load.make_result_table(world)

        line = only(await _lines(world))
        assert (line["sent"], line["accepted"], line["rejected"], line["parked"]) == (12, 9, 2, 1)
        assert line["insured"] == {"age": 3, "moved_in": 1}
        assert line["not_insured"] == {"came_later": 1, "died": 1, "moved_out": 1, "removed": 1, "under_75": 1}
        assert sum(line["insured"].values()) + sum(line["not_insured"].values()) == line["residents"] == 9
        assert (outcome["differences"], line["differences"]) == ({}, {})


async def _lines(world: World) -> list[dict[str, Any]]:
    async with world.units.open() as uow:
        return await results.latest(uow)


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ("DELETE FROM resident WHERE resident_number LIKE '%4'", "not_loaded"),
        ("UPDATE resident SET sequence = 0 WHERE resident_number LIKE '%4'", "not_loaded"),
        ("DELETE FROM qualification WHERE resident_number LIKE '%1'", "not_acquired"),
        ("UPDATE qualification SET lost_on = '2026-07-15', loss_reason = 'death' WHERE resident_number LIKE '%1'", "not_acquired"),
        ("UPDATE resident SET born_on = '1960-01-01' WHERE resident_number LIKE '%1'", "without_ground"),
        (
            """INSERT INTO qualification SELECT municipality_code, resident_number, 2, gen_random_uuid(), '99999999', residence_since,
            acquired_on, acquisition_ground, lost_on, loss_reason, 1, recorded_from FROM qualification WHERE resident_number LIKE '%1'""",
            "insured_twice",
        ),
    ],
)
async def test_whatever_does_not_agree_is_a_difference_of_its_kind(databases: Databases, broken: str, kind: str) -> None:
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)
        await first_load.load(world, PEOPLE)
        if kind == "insured_twice":
            await _without_the_wall(world)
        async with world.units.open() as uow:
            await (await driver(uow.connection)).execute(broken)

        await first_load.make_result_table(world)

        assert only(await _lines(world))["differences"] == {kind: 1}


async def _without_the_wall(world: World) -> None:
    """Only without its trigger does the ledger let two qualifications of a person overlap."""
    connection = await asyncpg.connect(world.database.owner_url)
    await connection.execute("DROP TRIGGER further_qualification_is_apart ON qualification")
    await connection.close()


async def test_the_extract_is_opened_by_its_seal_once_more(databases: Databases) -> None:
    """I-23: a file that was changed after it was loaded proves nothing."""
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)
        message = await first_load.load(world, PEOPLE)
        file = Path(world.folder) / message.event.key
        file.write_bytes(file.read_bytes() + b" ")

        with pytest.raises(SealBroken, match=hashlib.sha256(file.read_bytes()).hexdigest()):
            await first_load.make_result_table(world)


async def test_of_several_complete_extracts_the_latest_counts_and_each_municipality_has_its_line(databases: Databases) -> None:
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)
        await first_load.load(world, PEOPLE[:2], rejected=7)
        await first_load.load(world, PEOPLE, generation=2)
        await first_load.load(world, [resident(1, municipality=HACHIOJI)], municipality=HACHIOJI)

        await first_load.make_result_table(world)

        lines = await _lines(world)
        assert [(line["municipality_code"], line["sent"], line["rejected"]) for line in lines] == [("131016", 9, 0), (HACHIOJI, 1, 0)]
