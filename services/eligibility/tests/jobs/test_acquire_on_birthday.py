"""People whose day has come are acquired by the job, once, also after days off."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import InsuredAcquired
from eligibility_service.jobs.acquire_on_birthday import AcquireOnBirthday
from eligibility_service.jobs.following import acquire_today

from services.eligibility.tests.people import resident
from services.eligibility.tests.world import World, a_world, another_day, only


async def run(world: World) -> dict[str, Any]:
    job = AcquireOnBirthday()
    run_id = await jobs.prepare(job, {}, world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    return await jobs.execute(job, run_id, world.units)


async def test_those_whose_day_has_come_are_acquired_once_and_days_off_are_caught_up(databases: Databases) -> None:
    async with a_world(databases) as world:
        births = [date(1951, 7, 14), date(1951, 7, 16), date(1951, 7, 20)]
        await world.hear(*(resident(number, born_on=born_on) for number, born_on in enumerate(births, start=1)))
        assert await world.ledger() == []

        async with another_day(world, date(2026, 7, 17)) as later:
            assert await run(later) == {"totals": {"looked_at": 2, "acquired": 2}, "differences": {}}
            assert await run(later) == {"totals": {}, "differences": {}}

        assert [row["acquired_on"] for row in await world.ledger()] == [date(2026, 7, 14), date(2026, 7, 16)]
        events = [message.event for message in await world.said()]
        assert [(type(event), event.effective_on) for event in events] == [
            (InsuredAcquired, date(2026, 7, 14)),
            (InsuredAcquired, date(2026, 7, 16)),
        ]
        assert await world.value("SELECT count(*) FROM certificate") == 0  # theirs come with the next run of issue-cards


async def test_whoever_died_the_day_before_the_birthday_is_never_acquired(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1, born_on=date(1951, 7, 14)), resident(2, born_on=date(1951, 7, 14)))
        await world.hear(
            resident(1, 2, born_on=date(1951, 7, 14), status="3", changed_on=date(2026, 7, 13), ended_on=date(2026, 7, 13)),
            resident(2, 2, born_on=date(1951, 7, 14), status="3", changed_on=date(2026, 7, 14), ended_on=date(2026, 7, 14)),
        )
        async with another_day(world, date(2026, 7, 20)) as later:
            await run(later)

        line = only(await world.ledger())
        assert (line["resident_number"], line["acquired_on"], line["lost_on"]) == (f"{2:015d}", date(2026, 7, 14), date(2026, 7, 15))


async def test_the_calendar_starts_the_job_on_a_new_day_and_only_when_somebody_is_due(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1, born_on=date(1951, 7, 14)))
        await acquire_today(world.units)
        assert await world.value("SELECT count(*) FROM job_run") == 0

        async with another_day(world, date(2026, 7, 14)) as tomorrow:
            await acquire_today(tomorrow.units)
            await acquire_today(tomorrow.units)
            ((run_id, name),) = await jobs.approved_runs(tomorrow.units)
            await jobs.execute(AcquireOnBirthday(), run_id, tomorrow.units)
            await acquire_today(tomorrow.units)

        assert name == "acquire-on-birthday"
        assert await world.value("SELECT count(*) FROM job_run") == 1
        assert len(await world.ledger()) == 1
