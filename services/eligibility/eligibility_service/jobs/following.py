"""What follows by itself, a moment after a commit: search after a batch, a certificate after an acquisition or a change, the steps after
arrears, the jobs of a new day."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from typing import Final

import structlog
from chassis import jobs, telemetry
from chassis.clock import JAPAN
from chassis.consumer import is_transient
from chassis.database import driver
from chassis.runtime import Runtime
from chassis.unit_of_work import Units

from eligibility_service.documents.printing import print_one
from eligibility_service.jobs.acquire_on_birthday import AcquireOnBirthday
from eligibility_service.jobs.calendar import CALENDAR, send_what_is_due
from eligibility_service.jobs.judge_on_birthday import JudgeOnBirthday
from eligibility_service.jobs.watch_deliveries import WatchDeliveries
from eligibility_service.store import (
    arrears,
    certificates,
    copay_birthdays,
    copay_waits,
    protections,
    replacing,
    residence_surveys,
    search,
)
from eligibility_service.store.issuing import issue

log = structlog.get_logger("following")

PAUSE_SECONDS: Final = 0.3
CALENDAR_SECONDS: Final = 60
ARREARS_SECONDS: Final = 2
BROKEN: Final = "証を作る仕組みの中で誤りが起きました。運用担当に連絡してください。"
_LOOKED_TODAY: Final = "SELECT EXISTS (SELECT FROM job_run WHERE job = $1 AND prepared_at >= $2)"
_DUE_TODAY = """
SELECT EXISTS (SELECT FROM resident_search WHERE acquires_on <= $1) AND NOT EXISTS (
    SELECT FROM job_run WHERE job = $2 AND state IN ('prepared', 'approved'))
"""


async def make_searchable(runtime: Runtime) -> None:
    """Residents and numbers of loaded batches are found by search within seconds."""

    async def one() -> bool:
        async with runtime.units.open() as uow:
            return await search.follow_one_part(uow)

    await _forever(one, PAUSE_SECONDS)


async def issue_after_acquisition(runtime: Runtime) -> None:
    """A single acquisition or change gets its certificate at once, in the trace of the message that caused it."""

    async def one() -> bool:
        return await issue_next(runtime.units)

    await _forever(one, PAUSE_SECONDS)


async def issue_next(units: Units) -> bool:
    """Issue the oldest certificate that a single acquisition or change has made due, with a file of its own; False when there is none."""
    taken = None
    try:
        async with units.open() as uow:
            taken = await certificates.take_due(uow)
            if taken is None:
                return False
            certificate_id, traceparent = taken
            with telemetry.step(f"{uow.service} issue certificate", traceparent=traceparent, certificate=str(certificate_id)):
                await issue(uow, [certificate_id], print_one)
    except Exception as error:
        if taken is None or is_transient(error):
            raise
        # Whatever one certificate does, those of other people go on; a person looks at this one.
        log.error("certificate_failed", certificate=str(taken[0]), error=type(error).__name__, exc_info=error)
        async with units.open() as uow:
            await certificates.refuse(uow, [(taken[0], BROKEN)])
    return True


async def follow_arrears(runtime: Runtime) -> None:
    """Each step after arrears gets its letter, its case and its certificate; a passed deadline too."""

    async def one() -> bool:
        async with runtime.units.open() as uow:
            return await arrears.show(uow, print_one) == arrears.AT_A_TIME

    await _forever(one, ARREARS_SECONDS)


async def raise_waits(runtime: Runtime) -> None:
    """Whoever waits for a copay rate stands on the worklist of the municipality within seconds."""

    async def one() -> bool:
        async with runtime.units.open() as uow:
            return await copay_waits.raise_some(uow)

    await _forever(one, PAUSE_SECONDS)


async def look_for_incomes(runtime: Runtime) -> None:
    """Once a day: residents whose income record has not come become cases, and cease to be when it has (I-21)."""
    looked: list[date] = []

    async def one() -> bool:
        if looked[-1:] == [runtime.clock.today()]:
            return False
        async with runtime.units.open() as uow:
            more = await copay_waits.look_for_missing_incomes(uow)
        if not more:
            looked[:] = [runtime.clock.today()]
        return more

    await _forever(one, CALENDAR_SECONDS)


async def follow_calendar(runtime: Runtime) -> None:
    """Whoever reaches 75 is insured by law on that day, without a request and without an officer: the calendar starts the job.

    And every day it looks for certificates that have not reached their owners.
    """

    replaced: list[date] = []

    async def one() -> bool:
        await acquire_today(runtime.units)
        await judge_birthdays_today(runtime.units)
        if replaced[-1:] != [runtime.clock.today()]:
            async with runtime.units.open() as uow:
                await replacing.replace_whose_rate_begins(uow)
            replaced[:] = [runtime.clock.today()]
        await watch_deliveries_today(runtime.units)
        await remind_today(runtime.units)
        return False

    await _forever(one, CALENDAR_SECONDS)


async def acquire_today(units: Units) -> None:
    """Prepare and approve `acquire-on-birthday` when somebody's day has come; the workers take it up."""
    async with units.open() as uow:
        raw = await driver(uow.connection)
        if not await raw.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('calendar'))"):
            return  # another replica is looking
        if await raw.fetchval(_DUE_TODAY, uow.today, AcquireOnBirthday.name):
            run_id = await jobs.prepare(AcquireOnBirthday(), {}, units, by=CALENDAR)
            await jobs.approve(run_id, units, by=CALENDAR)


async def watch_deliveries_today(units: Units) -> None:
    """Prepare and approve `watch-deliveries` once a day."""
    async with units.open() as uow:
        raw = await driver(uow.connection)
        if not await raw.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('deliveries'))"):
            return  # another replica is looking
        if not await raw.fetchval(_LOOKED_TODAY, WatchDeliveries.name, datetime.combine(uow.now.astimezone(JAPAN), time(), JAPAN)):
            run_id = await jobs.prepare(WatchDeliveries(), {}, units, by=CALENDAR)
            await jobs.approve(run_id, units, by=CALENDAR)


async def judge_birthdays_today(units: Units) -> None:
    """Prepare and approve `judge-on-birthday` once for each month; months in which nothing ran are caught up."""
    async with units.open() as uow:
        if not await (await driver(uow.connection)).fetchval("SELECT pg_try_advisory_xact_lock(hashtext('copay birthdays'))"):
            return  # another replica is looking
        if span := await copay_birthdays.to_look_at(uow, JudgeOnBirthday.name):
            after, until = span
            days = {"after": after.isoformat(), "until": until.isoformat()}
            run_id = await jobs.prepare(JudgeOnBirthday(), days, units, by=CALENDAR)
            await jobs.approve(run_id, units, by=CALENDAR)


async def follow_exchange(runtime: Runtime) -> None:
    """Files for the municipalities and the online eligibility feed leave by the hour and after changes."""

    async def one() -> bool:
        await send_what_is_due(runtime.units)
        return False

    await _forever(one, CALENDAR_SECONDS)


async def remind_today(units: Units) -> None:
    """Days that come without anybody's doing: the end of an address protection, the deadline of a survey."""
    async with units.open() as uow:
        if await (await driver(uow.connection)).fetchval("SELECT pg_try_advisory_xact_lock(hashtext('reminders'))"):
            await protections.remind(uow)
            await residence_surveys.remind(uow)


async def _forever(one: Callable[[], Awaitable[bool]], pause: float) -> None:
    while True:
        try:
            if await one():
                continue
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("follows_later", error=type(error).__name__)
        await asyncio.sleep(pause)
