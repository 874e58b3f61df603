"""What statistics keeps of the insured: the same by single events, in any order, twice, and by the file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from chassis.batches import SealBroken
from chassis.testing import Databases
from contracts.events.eligibility import InsuredEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.statistics.tests.people import ROOT, acquired, apply, kept, lost, sealed


async def test_the_last_event_about_a_qualification_counts(databases: Databases) -> None:
    begun = acquired(1)
    async with (await databases("statistics", ROOT)).units() as units:
        await apply(units, begun, lost(begun, on=date(2026, 7, 1)))

        ((_, municipality, sex, _, _, ground, lost_on, sequence),) = await kept(units)
        assert (municipality, sex, ground, lost_on, sequence) == ("131016", "2", "age", date(2026, 7, 1), 2)


async def test_a_message_that_comes_twice_changes_nothing(databases: Databases) -> None:
    begun = acquired(1)
    async with (await databases("statistics", ROOT)).units() as units:
        await apply(units, begun, lost(begun, on=date(2026, 7, 1)))
        before = await kept(units)
        await apply(units, begun)
        await apply(units, begun, lost(begun, on=date(2026, 7, 1)))
        assert await kept(units) == before


async def test_a_loss_that_comes_before_the_acquisition_waits_for_it(databases: Databases) -> None:
    begun = acquired(1)
    async with (await databases("statistics", ROOT)).units() as units:
        await apply(units, lost(begun, on=date(2026, 7, 1)))
        assert await kept(units) == []
        await apply(units, begun)
        assert [row[-1] for row in await kept(units)] == [2]


people = st.lists(
    st.tuples(st.integers(1, 6), st.dates(date(1915, 1, 1), date(1951, 3, 31)).filter(lambda day: (day.month, day.day) != (2, 29))),
    min_size=1,
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=people)
async def test_a_sealed_batch_and_the_same_rows_as_single_events_give_the_same_state(
    databases: Databases, drawn: list[tuple[int, date]]
) -> None:
    events: list[InsuredEvent] = []
    revisions: dict[int, int] = {}
    for number, born in drawn:
        revisions[number] = revisions.get(number, 0) + 1
        events.append(acquired(number, born=born, sequence=revisions[number]))
    async with (await databases("statistics", ROOT)).units() as units:
        await apply(units, *events)
        single = await kept(units)
    with TemporaryDirectory() as folder:
        async with (await databases("statistics", ROOT)).units(store=Path(folder)) as units:
            await apply(units, await sealed(units, events))
            assert await kept(units) == single
            await apply(units, *events)
            assert await kept(units) == single, "single events that the batch has overtaken change nothing"


async def test_a_file_that_is_not_what_the_event_announced_is_refused_whole(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("statistics", ROOT)).units(store=tmp_path) as units:
        event = await sealed(units, [acquired(1), acquired(2)])
        content = bytearray((tmp_path / "insured.parquet").read_bytes())
        content[-9] ^= 1
        (tmp_path / "insured.parquet").write_bytes(content)
        with pytest.raises(SealBroken):
            await apply(units, event)
        assert await kept(units) == []
