"""What an installation begins with: the settings of the union, and its phase."""

from __future__ import annotations

from dataclasses import asdict

from chassis.database import driver
from chassis.runtime import Runtime
from sqlalchemy import text

from eligibility_service.domain.phases import Phase
from eligibility_service.law import settings_of
from eligibility_service.store import phases

_WRITE = text(
    "UPDATE union_setting SET insurer_name = :insurer_name, insured_number_has_check_digit = :insured_number_has_check_digit, "
    "qualification_file_hour = :qualification_file_hour, feed_hour = :feed_hour, feed_freshness_minutes = :feed_freshness_minutes, "
    "contact_office = :contact_office, contact_telephone = :contact_telephone, protection_alert_days = :protection_alert_days, "
    "union_code = :union"
)
_STATE = "SELECT EXISTS (SELECT FROM phase) AS has_phase, EXISTS (SELECT FROM resident) AS has_residents"


async def seed(runtime: Runtime) -> None:
    """Write the settings of the day into the database; called after each migration.

    A new installation begins with rehearsal. The sample union, and an installation that knows residents already, are at routine work.
    """
    found = settings_of(runtime.settings.union, on=runtime.clock.today())
    async with runtime.units.open() as uow:
        await uow.connection.execute(_WRITE, {**asdict(found), "union": runtime.settings.union})
        state = await (await driver(uow.connection)).fetchrow(_STATE)
        if not state["has_phase"]:
            at_work = runtime.settings.sample_data or state["has_residents"]
            first, reason = (Phase.ROUTINE, "既に業務を行っている") if at_work else (Phase.REHEARSAL, "導入")
            await phases.begin(uow, first, reason=reason, asked_by="migrate")
