"""75歳到達予定者ファイル: who will be 75 within three months leaves for each municipality, sealed, without a name or an address (E-15)."""

from __future__ import annotations

from datetime import date
from typing import Any

import obstore
import pytest
from chassis.testing import Databases
from contracts.events.eligibility import ExpectedInsuredFileSealed
from eligibility_service.jobs.send_expected_insured import SendExpectedInsured
from eligibility_service.jobs.send_qualifications import NoSuchGeneration

from contracts.layouts import read_control, read_file
from services.eligibility.tests.handlers.test_entries import certify
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.world import World, a_world


async def sealed(world: World) -> list[ExpectedInsuredFileSealed]:
    return [message.event for message in await world.said() if isinstance(message.event, ExpectedInsuredFileSealed)]


async def content(world: World, key: str) -> bytes:
    return bytes(await (await obstore.get_async(world.units.store, key)).bytes_async())


async def rows(world: World, event: ExpectedInsuredFileSealed) -> list[dict[str, Any]]:
    """The rows of a file as a municipality reads them."""
    result = read_file(await content(world, event.key), None, read_control(await content(world, event.control_key)))
    assert (result.file_errors, result.errors) == ([], [])
    return list(result.frame.sort("reached_on").iter_rows(named=True))


async def test_each_municipality_gets_its_people_of_the_next_three_months_with_the_certified_marked(databases: Databases) -> None:
    """E-15: the days are those of the birthday, 29 February is reached on 1 March; on 13 July 2026 from August to October."""
    births = {1: date(1951, 7, 31), 2: date(1951, 8, 1), 3: date(1951, 10, 31), 4: date(1951, 11, 1), 5: date(1951, 9, 9)}
    async with a_world(databases) as world:
        await world.hear(*(resident(n, born_on=born) for n, born in births.items()), packed=True)
        await world.hear(resident(6, municipality=HACHIOJI, born_on=date(1951, 8, 2)), packed=True)
        await world.hear(resident(7, born_on=date(1951, 8, 3), status="2", ended_on=date(2026, 7, 1)), packed=True)
        await certify(world, date(2024, 4, 10), f"{5:015d}")

        found = await world.run(SendExpectedInsured())

        assert found["preview"]["75歳に達する日"] == "2026-08-01から2026-10-31まで"
        assert (found["totals"], found["differences"]) == ({"files": 2, "rows": 4, "listed": 4}, {})
        own, other = await sealed(world)
        assert [(row["resident_number"], row["reached_on"], row["disability"]) for row in await rows(world, own)] == [
            (f"{2:015d}", date(2026, 8, 1), "0"), (f"{5:015d}", date(2026, 9, 9), "1"), (f"{3:015d}", date(2026, 10, 31), "0"),
        ]  # fmt: skip
        assert (own.seal.totals, own.seal.rows, own.is_whole) == ({"expected_count": 2, "disability_count": 1}, 3, True)
        assert [row["resident_history_number"] for row in await rows(world, other)] == [1]
        assert "後期".encode() not in await content(world, own.key)


async def test_a_generation_is_announced_again_byte_for_byte_whatever_came_after(databases: Databases) -> None:
    """E-15, as E-19: the file of a month is what it was."""
    async with a_world(databases) as world:
        await world.hear(resident(1, born_on=date(1951, 8, 1)), packed=True)
        await world.run(SendExpectedInsured(), month="2026-07")
        (first,) = await sealed(world)
        before = await content(world, first.key), await content(world, first.control_key)
        await world.hear(resident(2, born_on=date(1951, 8, 2)), packed=True)
        await world.run(SendExpectedInsured(), month="2026-07")
        await world.run(SendExpectedInsured(), municipality=CHIYODA, generation="1")

        _, second, again = await sealed(world)
        assert again == first
        assert (await content(world, again.key), await content(world, again.control_key)) == before
        assert (second.generation, second.seal.rows) == (2, 2)
        with pytest.raises(NoSuchGeneration):
            await world.run(SendExpectedInsured(), municipality=CHIYODA, generation="3")


async def test_a_file_that_does_not_hold_everybody_of_the_list_differs(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """E-15. The count is made by another way than the file, so that a mistake of the one is seen by the other."""
    from eligibility_service.store import expected

    query = expected._BORN
    async with a_world(databases) as world:
        await world.hear(resident(1, born_on=date(1951, 8, 1)), resident(2, born_on=date(1951, 8, 2)), packed=True)
        monkeypatch.setattr(expected, "_BORN", f"{query} AND r.resident_number <> '{2:015d}'")
        assert (await world.run(SendExpectedInsured()))["differences"] == {"件数の不一致": {"名簿": 2, "渡した行": 1}}
