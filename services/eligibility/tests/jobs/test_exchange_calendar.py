"""What leaves by itself: the evening's files, the night's feed, differences after changes, and the alert about what waits too long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chassis import jobs
from chassis.clock import JAPAN, Clock
from chassis.testing import Databases
from eligibility_service.jobs.calendar import send_what_is_due
from eligibility_service.jobs.send_eligibility_feed import SendEligibilityFeed
from eligibility_service.jobs.send_qualifications import SendQualifications

from services.eligibility.tests.people import resident
from services.eligibility.tests.rates import decide_all
from services.eligibility.tests.world import World, a_world

FEED, FILES = SendEligibilityFeed.name, SendQualifications.name


@dataclass(frozen=True, slots=True)
class SetClock(Clock):
    """A clock that stands at one hour of the business day; the time of record goes on."""

    at: datetime = datetime(2026, 7, 13, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@asynccontextmanager
async def at(world: World, day: date, hour: int, minute: int = 0) -> AsyncIterator[Any]:
    """Units of work at an hour in Japan."""
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=JAPAN)
    yield replace(world.units, clock=SetClock(day, moment.astimezone(UTC)))


async def run(job: Any, units: Any, **parameters: str) -> None:
    run_id = await jobs.prepare(job, dict(parameters), units, by="tester")
    await jobs.approve(run_id, units, by="tester")
    await jobs.execute(job, run_id, units)


async def work(units: Any) -> None:
    """Do what the calendar has started."""
    known: dict[str, jobs.Job] = {FEED: SendEligibilityFeed(), FILES: SendQualifications()}
    for run_id, name in await jobs.approved_runs(units):
        await jobs.execute(known[name], run_id, units)


async def begun(databases_world: World) -> World:
    """A union whose first files a person has sent on Monday, 13 July at noon."""
    async with at(databases_world, date(2026, 7, 13), 12) as units:
        await run(SendQualifications(), units)
        await run(SendEligibilityFeed(), units, whole="true")
    return databases_world


async def test_nothing_leaves_by_itself_before_a_person_has_sent_the_first(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1)])
        await decide_all(world)
        async with at(world, date(2026, 7, 13), 23) as units:
            assert await send_what_is_due(units) == []


async def test_the_evenings_files_are_made_once_on_each_business_day(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1)])
        await decide_all(world)
        await begun(world)
        found: dict[str, list[str]] = {}
        for day, hour in ((17, 19), (17, 20), (17, 21), (18, 21), (20, 21), (21, 20)):  # Friday, Saturday, 海の日, Tuesday
            async with at(world, date(2026, 7, day), hour) as units:
                found[f"{day}:{hour}"] = [name for name in await send_what_is_due(units) if name == FILES]
                await work(units)
        assert found == {"17:19": [], "17:20": [FILES], "17:21": [], "18:21": [], "20:21": [], "21:20": [FILES]}


async def test_the_feed_leaves_whole_at_night_on_every_day_and_in_differences_after_changes(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide_all(world)
        await begun(world)
        async with at(world, date(2026, 7, 18), 0, 30) as units:
            assert await send_what_is_due(units) == []
        async with at(world, date(2026, 7, 18), 1) as units:
            assert await send_what_is_due(units) == [FEED]
            assert await send_what_is_due(units) == []
            await work(units)
        async with at(world, date(2026, 7, 18), 2) as units:
            assert await send_what_is_due(units) == []
            await world.rows("UPDATE qualification SET lost_on = '2026-07-18', loss_reason = 'death', recorded_from = $1 "
                             "WHERE resident_number = $2 RETURNING 1", units.clock.now(), f"{2:015d}")  # fmt: skip
            assert await send_what_is_due(units) == [FEED]
            await work(units)
            assert await send_what_is_due(units) == []
        kinds = await world.rows("SELECT is_whole, changed FROM feed_generation WHERE state = 'released' ORDER BY generation")
        assert [tuple(row.values()) for row in kinds] == [(True, 2), (True, 0), (False, 1)]


async def test_a_change_that_waits_longer_than_the_setting_raises_an_alert_until_it_has_left(databases: Databases) -> None:
    """I-43: the goal of freshness is a setting, and its breach an alert. Seen to fail without the call that keeps the alert."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide_all(world)
        await begun(world)
        async with at(world, date(2026, 7, 13), 13) as units:
            changed_at = units.clock.now()
            await world.rows("UPDATE qualification SET lost_on = '2026-07-18', loss_reason = 'death', recorded_from = $1 "
                             "WHERE resident_number = $2 RETURNING 1", changed_at, f"{2:015d}")  # fmt: skip
            await jobs.approve(await jobs.prepare(SendEligibilityFeed(), {}, units, by="tester"), units, by="tester")  # nobody works on it
        alerts = "SELECT kind, detail FROM exchange_alert WHERE closed_at IS NULL"
        async with at(world, date(2026, 7, 13), 13, 59) as units:
            await send_what_is_due(units)
            assert await world.rows(alerts) == []
        async with at(world, date(2026, 7, 13), 14, 1) as units:
            await send_what_is_due(units)
            (alert,) = await world.rows(alerts)
            assert alert["kind"] == "feed_late"
            assert "61" in alert["detail"]
            await work(units)
            await send_what_is_due(units)
            assert await world.rows(alerts) == []
        assert changed_at + timedelta(minutes=61) == units.clock.now()
