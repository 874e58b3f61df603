"""What follows by itself: each day promises are judged and arrears are said."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from chassis.consumer import is_transient
from chassis.database import driver
from chassis.runtime import Runtime

from collection_service.jobs.watch_arrears import WatchArrears

log = structlog.get_logger("following")
CALENDAR: Final = "calendar"
CALENDAR_SECONDS: Final = 60
# A run of the day that has failed waits for a person; another one would fail in the same way.
_RUN_TODAY: Final = """
SELECT EXISTS (
    SELECT FROM job_run WHERE job = $1 AND (parameters ->> 'on' = $2 OR state IN ('prepared', 'approved', 'failed'))
)
"""


async def watch_arrears_each_day(runtime: Runtime) -> None:
    """Begin `watch-arrears` once on every day; another replica that looks at the same moment leaves it alone."""
    while True:
        try:
            await watch_arrears_today(runtime)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("follows_later", error=type(error).__name__)
        await asyncio.sleep(CALENDAR_SECONDS)


async def watch_arrears_today(runtime: Runtime) -> None:
    """Prepare and approve the day's run where there is none and no other is on its way."""
    async with runtime.units.open() as uow:
        raw = await driver(uow.connection)
        if not await raw.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('watch arrears'))"):
            return
        if not await raw.fetchval(_RUN_TODAY, WatchArrears.name, uow.today.isoformat()):
            await runtime.begin_job(WatchArrears.name, {"on": uow.today.isoformat()}, by=CALENDAR)
