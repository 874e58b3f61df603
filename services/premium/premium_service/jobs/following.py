"""What follows by itself: the morning check of incomes."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from chassis.consumer import is_transient
from chassis.database import driver
from chassis.runtime import Runtime

from premium_service.jobs.check_incomes import CheckIncomes
from premium_service.store import income_checks

log = structlog.get_logger("following")
CALENDAR: Final = "calendar"
CALENDAR_SECONDS: Final = 60


async def check_incomes_each_morning(runtime: Runtime) -> None:
    """Begin `check-incomes` once on every business day; another replica that looks at the same moment leaves it alone."""
    while True:
        try:
            await check_incomes_today(runtime)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("follows_later", error=type(error).__name__)
        await asyncio.sleep(CALENDAR_SECONDS)


async def check_incomes_today(runtime: Runtime) -> None:
    """Prepare and approve the check where today's has not run and none is on its way."""
    async with runtime.units.open() as uow:
        raw = await driver(uow.connection)
        if not await raw.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('check incomes'))"):
            return
        waiting = await raw.fetchval(
            "SELECT EXISTS (SELECT FROM job_run WHERE job = $1 AND state IN ('prepared', 'approved', 'failed'))", CheckIncomes.name
        )
        if not waiting and await income_checks.is_due(raw, uow.today, uow.now):
            await runtime.begin_job(CheckIncomes.name, {}, by=CALENDAR)
