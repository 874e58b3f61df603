"""A record of a resident becomes a line of the ledger and an event, on a real database."""

from __future__ import annotations

from datetime import date

from chassis.testing import Databases
from contracts.events.eligibility import InsuredAcquired, InsuredBatchSealed, InsuredChanged, InsuredLost

from services.eligibility.tests.people import resident
from services.eligibility.tests.world import a_world, only


async def test_a_resident_of_75_is_acquired_with_a_number_and_said_once(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())

        line = only(await world.ledger())
        assert line["acquired_on"] == date(2015, 5, 5)
        assert line["insured_number"] == "00000001"
        event = only(await world.said()).event
        assert isinstance(event, InsuredAcquired)
        assert (event.sequence, event.insurer_number, event.household_number) == (1, "39131016", f"{0:015d}")
        assert event.effective_on == date(2015, 5, 5)


async def test_somebody_who_reaches_75_tomorrow_is_not_insured_and_is_remembered(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1, born_on=date(1951, 7, 14)), resident(2, born_on=date(1951, 7, 13)))

        assert only(await world.ledger())["resident_number"].endswith("2")
        assert await world.value("SELECT array_agg(acquires_on) FROM resident") == [date(2026, 7, 14), None]


async def test_a_death_loses_from_the_day_after_and_its_cancellation_opens_the_same_qualification_again(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())
        await world.hear(resident(1, 2, status="3", changed_on=date(2026, 6, 30), ended_on=date(2026, 6, 30)))
        lost = only(await world.ledger())
        await world.hear(resident(1, 3, changed_on=date(2026, 6, 30)))

        assert (lost["lost_on"], lost["loss_reason"], lost["revision"]) == (date(2026, 7, 1), "death", 2)
        again = only(await world.ledger())
        assert (again["lost_on"], again["revision"], again["insured_number"]) == (None, 3, lost["insured_number"])
        assert [type(message.event) for message in await world.said()] == [InsuredAcquired, InsuredLost, InsuredChanged]


async def test_a_corrected_birth_date_ends_a_wrong_acquisition_in_knowledge_and_says_so(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())
        await world.hear(resident(1, 2, born_on=date(1960, 5, 5)))

        line = only(await world.ledger())
        assert (line["lost_on"], line["loss_reason"]) == (line["acquired_on"], None)
        assert (
            await world.value(
                "SELECT count(*) FROM qualification_as_known WHERE valid_during @> $1::date AND upper_inf(recorded_during)",
                date(2026, 7, 1),
            )
            == 0
        )
        assert await world.value("SELECT count(*) FROM qualification_as_known WHERE valid_during @> $1::date", date(2026, 7, 1)) == 1
        last = (await world.said())[-1].event
        assert isinstance(last, InsuredLost)
        assert (last.lost_on, last.sequence) == (last.acquired_on, 2)


async def test_moving_out_and_in_again_gives_a_second_qualification_with_a_new_number(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())
        await world.hear(resident(1, 2, status="2", changed_on=date(2024, 3, 31), ended_on=date(2024, 3, 31)))
        await world.hear(resident(1, 3, changed_on=date(2025, 4, 1), resident_since=date(2025, 4, 1)))

        first, second = await world.ledger()
        assert (first["lost_on"], first["acquisition_ground"]) == (date(2024, 4, 1), "age")
        assert (second["acquired_on"], second["acquisition_ground"], second["ordinal"]) == (date(2025, 4, 1), "moved_in", 2)
        assert first["insured_number"] != second["insured_number"]


async def test_a_changed_household_of_an_insured_person_is_said(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident())
        await world.hear(resident(1, 2, changed_on=date(2026, 5, 1), household_number="9"))

        last = (await world.said())[-1].event
        assert isinstance(last, InsuredChanged)
        assert (last.household_number, last.sequence, last.effective_on) == ("9", 2, date(2026, 5, 1))


async def test_a_sealed_batch_leaves_as_one_sealed_batch(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(number) for number in range(1, 8)])

        event = only(await world.said()).event
        assert isinstance(event, InsuredBatchSealed)
        assert event.seal.rows == 7
        assert event.seal.totals == {"sequence": 7}
        assert len(await world.ledger()) == 7
        assert await world.value("SELECT count(*) FROM certificate") == 0


async def test_a_clock_that_runs_behind_another_replica_keeps_the_order_of_knowledge(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2, born_on=date(1951, 7, 14)))
        async with world.units.open() as uow:
            for table, ahead in (("resident", "1 hour"), ("qualification", "2 hours")):
                await uow.connection.exec_driver_sql(f"UPDATE {table} SET recorded_from = now() + interval '{ahead}'")

        await world.hear(resident(1, 2, status="3", changed_on=date(2026, 6, 30), ended_on=date(2026, 6, 30)))

        assert only(await world.ledger())["lost_on"] == date(2026, 7, 1)
        for view in ("resident_as_known", "qualification_as_known"):
            knowledge = f"SELECT lower(recorded_during) AS since FROM {view} WHERE resident_number = $1 AND upper_inf(recorded_during)"
            assert await world.value(f"SELECT max(since) > now() + interval '50 minutes' FROM ({knowledge}) AS k", f"{1:015d}")


async def test_what_was_known_on_a_day_about_a_day_is_one_query(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(name="旧姓　花子"))
        before = await world.value("SELECT clock_timestamp()")
        await world.hear(resident(1, 2, changed_on=date(2020, 1, 1), name="新姓　花子"))
        query = """SELECT name FROM resident_as_known
        WHERE resident_number = $1 AND valid_during @> $2::date AND recorded_during @> $3::timestamptz"""
        now = await world.value("SELECT clock_timestamp()")
        number = f"{1:015d}"

        assert only(await world.rows(query, number, date(2025, 1, 1), before))["name"] == "旧姓　花子"
        assert only(await world.rows(query, number, date(2025, 1, 1), now))["name"] == "新姓　花子"
        assert only(await world.rows(query, number, date(2019, 12, 31), now))["name"] == "旧姓　花子"
