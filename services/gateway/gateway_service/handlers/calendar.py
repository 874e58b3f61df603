"""The watch over expected files: what has not come, or is not confirmed, by its hour raises an alert."""

from __future__ import annotations

import asyncio

import structlog
from chassis.consumer import is_transient
from chassis.runtime import Runtime
from chassis.unit_of_work import Units

from gateway_service.domain.file_calendar import Slot
from gateway_service.store import file_calendar

log = structlog.get_logger("calendar")
WATCH_SECONDS = 30


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
        slots = await file_calendar.slots_of(uow)
        await file_calendar.keep_alerts(uow, slots)
        return slots
