"""The watch over expected files: what has not come, or is not confirmed, by its hour raises an alert."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from chassis.business_days import business_moment
from chassis.consumer import is_transient
from chassis.runtime import Runtime
from chassis.unit_of_work import UnitOfWork, Units

from gateway_service.domain.file_calendar import Slot, board
from gateway_service.store import file_calendar

log = structlog.get_logger("calendar")
WATCH_SECONDS = 30
DAYS_BACK = 14
"""So long a file that is late is looked for; after that its alert stays until a person has dealt with the municipality."""


async def watch_files(runtime: Runtime) -> None:
    """The background work of a worker; several replicas find the same."""
    while True:
        try:
            await watch_once(runtime.units)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("calendar_waits", error=type(error).__name__)
        await asyncio.sleep(WATCH_SECONDS)


async def watch_once(units: Units) -> list[Slot]:
    """Look at the expected files of the last days, raise and close alerts; the slots."""
    async with units.open() as uow:
        slots = await slots_of(uow)
        await file_calendar.keep_alerts(uow, slots)
        return slots


async def slots_of(uow: UnitOfWork) -> list[Slot]:
    """The expected files of the last fortnight as they stand at the present hour of the business day."""
    days = [uow.today - timedelta(days=back) for back in range(DAYS_BACK, -1, -1)]
    happened, refused = await file_calendar.happened(uow.connection, days[0], days[-1])
    settings = await file_calendar.settings(uow.connection)
    return board(settings, happened, refused, days, at=business_moment(uow.today, uow.now))
