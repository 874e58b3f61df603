"""The settings of the union, written where jobs and handlers find them."""

from __future__ import annotations

from chassis.runtime import Runtime
from sqlalchemy import text

from eligibility_service.law import settings_of

_WRITE = text("UPDATE union_setting SET insurer_name = :name, insured_number_has_check_digit = :check_digit, union_code = :union")


async def seed(runtime: Runtime) -> None:
    """Write the settings of the day into the database; called after each migration."""
    found = settings_of(runtime.settings.union, on=runtime.clock.today())
    row = {"name": found.insurer_name, "check_digit": found.insured_number_has_check_digit, "union": runtime.settings.union}
    async with runtime.units.open() as uow:
        await uow.connection.execute(_WRITE, row)
