"""The first load of a municipality: complete or refused, by the cut-off day, silent in rehearsal, and the same however deltas arrive."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from chassis.batches import SealBroken
from chassis.database import driver
from chassis.testing import SAMPLE_DAY, Databases
from contracts.events.municipal import ResidentChanged
from eligibility_service.domain.phases import Phase
from eligibility_service.store import phases
from eligibility_service.store.municipal_batches import PartialExtract
from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as Hypothesis
from hypothesis import strategies as st

from services.eligibility.tests import first_load
from services.eligibility.tests.first_load import CUT_OFF
from services.eligibility.tests.people import CHIYODA, HACHIOJI, heard, resident
from services.eligibility.tests.world import World, a_world, another_day, only

_people = itertools.count(1)


async def test_a_first_file_without_the_mark_of_completeness_is_refused_until_the_complete_one_has_come(databases: Databases) -> None:
    """I-23: without `refuse_partial` in the handler the ledger began with one of two people, and this test failed."""
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)
        partial = await first_load.announced(world, [resident(1)], complete_as_of=None)

        with pytest.raises(PartialExtract, match="131016, generation 1"):
            await first_load.hear(world, partial)
        nobody = await world.ledger()
        await first_load.load(world, [resident(1), resident(2)], generation=2)
        await first_load.hear(world, partial)

        assert nobody == []
        assert [row["resident_number"] for row in await world.ledger()] == [f"{1:015d}", f"{2:015d}"]


async def test_an_extract_that_is_not_what_its_seal_says_is_refused_whole(databases: Databases) -> None:
    """I-23: an extract that was cut short after it was announced."""
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)
        whole = await first_load.announced(world, [resident(1), resident(2)])
        cut = await first_load.announced(world, [resident(1)])
        seal = whole.event.seal.model_copy(update={"sha256": cut.event.seal.sha256})
        lies = cut.event.model_copy(update={"seal": seal})

        with pytest.raises(SealBroken, match="1 rows, the seal says 2"):
            await first_load.hear(world, replace(cut, event=lies))

        assert await world.ledger() == []


async def test_daily_files_of_routine_work_need_no_mark(databases: Databases) -> None:
    async with a_world(databases) as world:
        await first_load.load(world, [resident(1)], complete_as_of=None)

        assert len(await world.ledger()) == 1


async def test_the_initial_ledger_holds_whoever_is_75_on_the_cut_off_day(databases: Databases) -> None:
    """T-07: the ledger of a future cut-off day is there before it; the day after is still to come."""
    born = {1: CUT_OFF, 2: CUT_OFF + timedelta(days=1), 3: CUT_OFF - timedelta(days=1), 4: date(1952, 2, 29)}
    people = [resident(number, born_on=day.replace(year=day.year - 75) if day.year > 2000 else day) for number, day in born.items()]
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)

        await first_load.load(world, people)

        assert SAMPLE_DAY < CUT_OFF
        acquired = {int(row["resident_number"]): row["acquired_on"] for row in await world.ledger()}
        assert acquired == {1: CUT_OFF, 3: CUT_OFF - timedelta(days=1)}
        waiting = await world.rows("SELECT resident_number, acquires_on FROM resident WHERE acquires_on IS NOT NULL ORDER BY 1")
        assert [row["acquires_on"] for row in waiting] == [CUT_OFF + timedelta(days=1), date(2027, 3, 1)]


DAYS = st.integers(0, 8).map(lambda month: date(2026, 1, 5) + timedelta(days=30 * month))
DELTAS = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(["1", "1", "2", "3"]),
            "changed_on": DAYS,
            "born_on": st.sampled_from([date(1940, 5, 5), date(1951, 8, 1), date(1951, 8, 2), date(1960, 1, 1)]),
            "resident_since": st.sampled_from([date(1990, 4, 1), date(2026, 3, 1)]),
        }
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Hypothesis.generate], report_multiple_bugs=False)
@given(lives=st.lists(DELTAS, min_size=1, max_size=3), data=st.data())
async def test_deltas_out_of_order_and_twice_converge_to_the_same_ledger(
    migrating: World, lives: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    """T-08: one municipality sends its extract first and its deltas in order, the other sends them in any order, some twice, some before
    the extract, some in a file, and the extract again; the ledgers are the same."""
    world, numbers = migrating, [next(_people) for _ in lives]

    def said(municipality: str) -> tuple[list[ResidentChanged], list[ResidentChanged]]:
        base = [resident(number, 1, municipality=municipality) for number in numbers]
        deltas = [
            resident(number, sequence, municipality=municipality, **_whole(record))
            for number, life in zip(numbers, lives, strict=True)
            for sequence, record in enumerate(life, start=2)
        ]
        return base, deltas

    base, deltas = said(CHIYODA)
    await first_load.load(world, base, municipality=CHIYODA)
    for delta in deltas:
        await world.hear(delta)

    base, deltas = said(HACHIOJI)
    extract = await first_load.announced(world, base, municipality=HACHIOJI)
    shuffled = data.draw(st.permutations([*deltas, *data.draw(st.lists(st.sampled_from(deltas), max_size=4) if deltas else st.just([]))]))
    early = data.draw(st.integers(0, len(shuffled)))
    await world.consumer.apply(heard(shuffled[:early]))
    await first_load.hear(world, extract)
    if data.draw(st.booleans()):
        in_file = data.draw(st.integers(early, len(shuffled)))
        await first_load.load(world, shuffled[early:in_file], municipality=HACHIOJI, generation=2, complete_as_of=None)
        early = in_file
    await world.consumer.apply(heard(shuffled[early:]))
    await world.consumer.apply(heard(deltas))
    await first_load.load(world, base, municipality=HACHIOJI, generation=3)
    await world.consumer._keep_house()  # every five seconds in a running service: what a file has overtaken waits no more

    one, other = [await _holding(world, municipality, numbers) for municipality in (CHIYODA, HACHIOJI)]
    assert one == other
    assert await world.value("SELECT count(*) FROM parked_message") == 0


def _whole(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "ended_on": record["changed_on"] if record["status"] != "1" else None}


@pytest.fixture(scope="module")
async def migrating(databases: Databases) -> Any:
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION, CHIYODA, HACHIOJI)
        yield world


async def _holding(world: World, municipality: str, numbers: list[int]) -> list[Any]:
    query = """
    SELECT resident_number, residence_since, acquired_on, acquisition_ground, lost_on, loss_reason FROM qualification
    WHERE municipality_code = $1 AND resident_number = ANY ($2) AND (lost_on IS NULL OR lost_on > acquired_on) ORDER BY 1, 3
    """
    return [tuple(row.values()) for row in await world.rows(query, municipality, [f"{number:015d}" for number in numbers])]


async def test_a_rehearsal_is_heard_by_nobody_and_a_migration_is(databases: Databases) -> None:
    """Without the trigger on the outbox the acquisition of the rehearsal was said, and the first half failed."""
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.REHEARSAL)
        await first_load.load(world, [resident(1)])
        await world.hear(resident(2))

        in_rehearsal = await world.said()
        async with world.units.open() as uow:
            await (await driver(uow.connection)).execute("SELECT empty_rehearsal()")
            await phases.begin(uow, Phase.MIGRATION, reason="試験", asked_by="tester")
        await first_load.load(world, [resident(1)])

        assert in_rehearsal == []
        assert only(await world.said()).event.type == "eligibility.insured_batch_sealed.v1"


async def test_before_routine_work_nobody_gets_a_certificate_by_itself(databases: Databases) -> None:
    """Without the question for the phase in `certificates.follow` a certificate was due in the migration, and this test failed."""
    async with a_world(databases) as world, another_day(world, CUT_OFF) as later:
        await first_load.begin(world, Phase.MIGRATION)
        await world.hear(resident(1))
        in_migration = await world.value("SELECT count(*) FROM certificate")
        async with world.units.open() as uow:
            await phases.begin(uow, Phase.ROUTINE, reason="試験", asked_by="tester")
        await later.hear(resident(2))

        assert in_migration == 0
        assert await world.value("SELECT count(*) FROM certificate WHERE state = 'due'") == 1


async def test_an_unknown_birthday_is_accepted_and_keeps_its_mark(databases: Databases) -> None:
    """T-05: the municipality's deemed day counts for the age, what is really known stands beside it and in the result table."""
    async with a_world(databases) as world:
        await first_load.begin(world, Phase.MIGRATION)
        await first_load.load(world, [resident(1, born_on=date(1935, 7, 1), born_on_unknown_text="昭和10年頃"), resident(2)])

        await first_load.make_result_table(world)

        assert [row["acquired_on"] for row in await world.ledger()] == [date(2010, 7, 1), date(2015, 5, 5)]
        assert await world.value("SELECT born_on_unknown_text FROM resident WHERE resident_number = $1", f"{1:015d}") == "昭和10年頃"
        assert await world.value("SELECT birth_unknown FROM creation_result") == 1
