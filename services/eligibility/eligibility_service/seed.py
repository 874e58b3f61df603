"""The settings of the union, written where jobs and handlers find them."""

from __future__ import annotations

from dataclasses import asdict

from chassis.runtime import Runtime
from sqlalchemy import text

from eligibility_service.law import settings_of

_WRITE = text(
    "UPDATE union_setting SET insurer_name = :insurer_name, insured_number_has_check_digit = :insured_number_has_check_digit, "
    "qualification_file_hour = :qualification_file_hour, feed_hour = :feed_hour, feed_freshness_minutes = :feed_freshness_minutes, "
    "contact_office = :contact_office, contact_telephone = :contact_telephone, protection_alert_days = :protection_alert_days"
)


async def seed(runtime: Runtime) -> None:
    """Write the settings of the day into the database; called after each migration."""
    found = settings_of(runtime.settings.union, on=runtime.clock.today())
    async with runtime.units.open() as uow:
        await uow.connection.execute(_WRITE, asdict(found))
