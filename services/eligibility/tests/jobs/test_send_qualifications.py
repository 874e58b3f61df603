"""資格情報ファイル: what changed leaves once, with the key with which it was sent up, and a generation can be made again (E-19)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import obstore
import polars as pl
import pytest
from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import AcquisitionGround, CertificateKind, LossReason, QualificationFileSealed
from eligibility_service.domain.outgoing import CERTIFICATES, GROUNDS, LIMIT_CLASSES, QUALIFICATIONS, REASONS
from eligibility_service.jobs.send_qualifications import NoSuchGeneration, NotTheSame, SendQualifications, make_again
from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.store import outgoing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.layouts import load_layout, read_control, read_file
from services.eligibility.tests.handlers.test_entries import certify, enter
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.rates import decide
from services.eligibility.tests.world import World, a_world, only


async def send(world: World, **parameters: str) -> dict[str, Any]:
    job = SendQualifications()
    run_id = await jobs.prepare(job, dict(parameters), world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    return await jobs.execute(job, run_id, world.units)


async def files(world: World) -> list[QualificationFileSealed]:
    return [message.event for message in await world.said() if isinstance(message.event, QualificationFileSealed)]


async def content(world: World, key: str) -> bytes:
    return bytes(await (await obstore.get_async(world.units.store, key)).bytes_async())


async def rows(world: World, event: QualificationFileSealed) -> pl.DataFrame:
    """The rows of a file as a municipality reads them: with the engine of the layouts, against its control file."""
    result = read_file(await content(world, event.key), None, read_control(await content(world, event.control_key)))
    assert (result.file_errors, result.errors) == ([], [])
    return result.frame


async def test_a_file_is_read_by_its_layout_with_control_totals_and_seal(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2), resident(3))
        await world.hear(resident(2, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))
        await decide(world, f"{1:015d}", 20, LimitClass.GENERAL_2)

        outcome = await send(world, municipality=CHIYODA)

        assert outcome == {"totals": {"files": 1, "rows": 3, "changed": 3, "left_behind": 0}, "differences": {}}
        (event,) = await files(world)
        control = read_control(await content(world, event.control_key))
        assert (event.municipality_code, event.generation, event.is_whole, event.seal.rows) == (CHIYODA, 1, False, 3)
        assert event.seal.sha256 == control.sha256
        assert event.seal.totals == control.control_totals
        frame = (await rows(world, event)).sort("resident_number")
        assert frame["qualification_status"].to_list() == ["1", "2", "1"]
        assert frame["loss_reason"].to_list() == [None, "201", None]
        assert frame["copay_rate"].to_list() == ["2", None, None]
        assert frame["limit_class"].to_list() == ["22", None, None]


async def test_a_row_bears_the_key_under_which_its_person_was_sent_up(databases: Databases) -> None:
    """E-19: same business key as sent."""
    async with a_world(databases) as world:
        sent = [resident(1, 7), resident(2, 3)]
        await world.hear_sealed(sent)
        sent.append(resident(1, 2, municipality=HACHIOJI))
        await world.hear_sealed(sent[2:], municipality=HACHIOJI)
        await send(world)
        down = pl.concat([await rows(world, event) for event in await files(world)])
        keys = down.select("municipality_code", "resident_number", "resident_history_number").rows()
        assert set(keys) == {(event.municipality_code, event.resident_number, event.sequence) for event in sent}


async def test_the_next_generation_holds_what_changed_and_nothing_else(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2), resident(3))
        await send(world)
        await world.hear(resident(2, 2, status="2", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)), resident(3, 2, name="別　名"))
        await decide(world, f"{1:015d}", 10, LimitClass.LOW_1)

        outcome = await send(world)

        assert outcome["totals"]["rows"] == 2
        frame = (await rows(world, (await files(world))[-1])).sort("resident_number")
        assert frame.select("resident_number", "history_number", "qualification_status", "limit_class").rows() == [
            (f"{1:015d}", 2, "1", "11"),
            (f"{2:015d}", 2, "2", None),
        ]


async def test_a_day_without_changes_has_a_file_without_rows(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await send(world)
        assert (await send(world))["totals"] == {"files": 1, "rows": 0, "changed": 0, "left_behind": 0}
        assert [(event.generation, event.seal.rows) for event in await files(world)] == [(1, 1), (2, 0)]


async def test_everything_on_demand_holds_everybody_with_the_number_of_their_last_change(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2))
        await send(world)
        await world.hear(resident(2, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))

        outcome = await send(world, municipality=CHIYODA, whole="true")

        event = (await files(world))[-1]
        assert (event.is_whole, outcome["totals"]["rows"], outcome["totals"]["changed"]) == (True, 2, 1)
        assert (await rows(world, event)).sort("resident_number")["history_number"].to_list() == [1, 2]
        assert (await send(world))["totals"]["rows"] == 0


async def test_a_generation_made_again_is_the_same_byte_for_byte_whatever_came_after(databases: Databases) -> None:
    """E-19: replayable. Seen to fail with the rows of the present ledger instead of those that have left."""
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2), resident(3, municipality=HACHIOJI))
        await send(world)
        await world.hear(resident(1, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))
        await send(world, municipality=CHIYODA, whole="true")
        await world.hear(resident(2, 2, status="3", changed_on=date(2026, 7, 2), ended_on=date(2026, 7, 2)))
        await send(world)
        made = [event for event in await files(world) if event.municipality_code == CHIYODA]
        before = {event.generation: (await content(world, event.key), await content(world, event.control_key)) for event in made}
        for event in made:
            await obstore.delete_async(world.units.store, [event.key, event.control_key])

        for generation in (1, 2, 3):
            await send(world, municipality=CHIYODA, generation=str(generation))

        for event in made:
            assert (await content(world, event.key), await content(world, event.control_key)) == before[event.generation]
        again = (await files(world))[-3:]
        assert again == made
        with pytest.raises(NoSuchGeneration):
            await send(world, municipality=CHIYODA, generation="4")


async def test_a_generation_that_would_come_out_otherwise_is_not_announced(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await send(world)
        await world.rows("UPDATE qualification_sent SET insured_number = '99999999' RETURNING 1")
        async with world.units.open() as uow:
            with pytest.raises(NotTheSame):
                await make_again(uow, CHIYODA, 1)


async def test_a_qualification_acquired_by_mistake_is_told_as_cancelled(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await send(world)
        await world.hear(resident(1, 2, born_on=date(1960, 5, 5)))
        await send(world)
        row = only((await rows(world, (await files(world))[-1])).iter_rows(named=True))
        assert (row["qualification_status"], row["lost_on"], row["loss_reason"]) == ("9", None, None)


async def test_whoever_is_certified_before_75_is_in_the_file_at_once_and_in_every_whole_one(databases: Databases) -> None:
    """E-14: so the municipality knows whom under 75 its extract must hold; withdrawn, the next file says that it is over."""
    async with a_world(databases) as world:
        await world.hear(resident(1, born_on=date(1955, 9, 1)), resident(2))
        await send(world)
        await certify(world, date(2026, 7, 1))
        await send(world)
        await send(world, whole="true")
        await enter(world, date(2026, 7, 13), kind="disability_withdrawn")
        await send(world)

        told = []
        for event in (await files(world))[1:]:
            frame = (await rows(world, event)).filter(pl.col("resident_number") == f"{1:015d}")
            told += [frame.select("acquisition_ground", "qualification_status", "loss_reason").row(0)]
        assert told == [("103", "1", None), ("103", "1", None), ("103", "2", "207")]


async def test_what_was_left_behind_is_counted_at_the_ledger_itself(databases: Databases) -> None:
    """E-19: nothing lost. The count is made by another way than the file, so that a mistake of the first is seen by the second."""
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2))
        await send(world)
        async with world.units.open() as uow:
            assert await outgoing.left_behind(uow, CHIYODA, known_before=uow.now) == 0
        await world.rows("DELETE FROM qualification_sent WHERE resident_number = $1 RETURNING 1", f"{2:015d}")
        async with world.units.open() as uow:
            assert await outgoing.left_behind(uow, CHIYODA, known_before=uow.now) == 1
            assert await outgoing.left_behind(uow, CHIYODA, known_before=uow.now - timedelta(days=1)) == 0


CHANGES = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["1", "2", "3"]), st.booleans()), min_size=1, max_size=12)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
async def test_all_generations_together_are_the_ledger(databases: Databases, changes: list[tuple[int, str, bool]]) -> None:
    """E-19: sent rows = changed rows, whenever the files are made between the changes."""
    async with a_world(databases) as world:
        sequences: dict[int, int] = {}
        for number, status, then_send in changes:
            sequences[number] = sequence = sequences.get(number, 0) + 1
            ended = None if status == "1" else date(2026, 7, sequence)
            await world.hear(resident(number, sequence, status=status, changed_on=ended or date(1990, 4, 1), ended_on=ended))
            if then_send:
                await send(world)
        await send(world)

        received: dict[str, dict[str, Any]] = {}
        for event in sorted(await files(world), key=lambda event: event.generation):
            for row in (await rows(world, event)).iter_rows(named=True):
                assert row["history_number"] == received.get(row["insured_number"], {}).get("history_number", 0) + 1
                received[row["insured_number"]] = row
        ledger = {row["insured_number"]: (row["acquired_on"], row["lost_on"]) for row in await world.ledger()}
        assert {number: (row["acquired_on"], row["lost_on"]) for number, row in received.items() if row["qualification_status"] != "9"} == {
            number: days for number, days in ledger.items() if days[0] != days[1]
        }
        assert received.keys() == ledger.keys()


def test_every_word_of_the_ledger_has_a_code_in_the_files() -> None:
    assert set(AcquisitionGround) <= set(GROUNDS)
    assert set(LossReason) <= set(REASONS)
    assert set(LIMIT_CLASSES) == set(LimitClass) - {LimitClass.UNDECIDED}
    layout = QUALIFICATIONS.layout
    for name, codes in (("acquisition_ground", GROUNDS), ("loss_reason", REASONS), ("limit_class", LIMIT_CLASSES)):
        assert set(codes.values()) == set(layout.code_tables[name].values)
    assert set(CERTIFICATES) <= set(CertificateKind)
    assert set(CERTIFICATES.values()) == set(load_layout("eligibility_feed").code_tables["certificate_kind"].values)
