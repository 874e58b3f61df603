"""業務カレンダー of what leaves: files for the municipalities in the evening, 75歳到達予定者 once a month, the whole feed at night."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from chassis import jobs
from chassis.business_days import business_moment, is_business_day
from chassis.database import driver
from chassis.jobs import Job
from chassis.unit_of_work import Units
from pydantic_core import to_json

from eligibility_service.jobs.send_eligibility_feed import SendEligibilityFeed
from eligibility_service.jobs.send_expected_insured import SendExpectedInsured
from eligibility_service.jobs.send_qualifications import SendQualifications
from eligibility_service.store import feed

CALENDAR: Final = "業務カレンダー"
# The first file of each kind is a person's decision; what goes on by itself from then on are its successors.
_HAVE_BEGUN: Final = {
    SendQualifications.name: "SELECT EXISTS (SELECT FROM outgoing_file WHERE kind = 'qualifications')",
    SendExpectedInsured.name: "SELECT EXISTS (SELECT FROM outgoing_file WHERE kind = 'expected_insured')",
    SendEligibilityFeed.name: "SELECT EXISTS (SELECT FROM feed_generation WHERE state = 'released')",
}
_RUNNING: Final = "SELECT EXISTS (SELECT FROM job_run WHERE job = $1 AND state = 'approved')"
_STARTED: Final = "SELECT EXISTS (SELECT FROM job_run WHERE job = $1 AND parameters @> $2::jsonb)"


async def send_what_is_due(units: Units) -> list[str]:
    """Start what the hour and the changes ask for, and keep the alert about the freshness of the feed; the names of what was started."""
    started: list[tuple[Job, dict[str, str]]] = []
    async with units.open() as uow:
        raw = await driver(uow.connection)
        if not await raw.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('exchange calendar'))"):
            return []  # another replica is looking
        moment, settings = business_moment(uow.today, uow.now), await feed.settings(uow)
        begun = {name: await raw.fetchval(query) for name, query in _HAVE_BEGUN.items()}

        async def is_free(name: str, parameters: dict[str, str]) -> bool:
            return not await raw.fetchval(_RUNNING, name) and not await raw.fetchval(_STARTED, name, to_json(parameters).decode())

        today = {"on": uow.today.isoformat()}
        is_evening = is_business_day(uow.today) and moment.hour >= settings.qualification_file_hour
        if begun[SendQualifications.name] and is_evening and await is_free(SendQualifications.name, today):
            started.append((SendQualifications(), today))
        month = {"month": f"{uow.today:%Y-%m}"}
        if begun[SendExpectedInsured.name] and is_evening and await is_free(SendExpectedInsured.name, month):
            started.append((SendExpectedInsured(), month))
        if begun[SendEligibilityFeed.name]:
            waiting = await feed.waiting(uow)
            await _keep_alert(uow, waiting, settings.feed_freshness_minutes)
            is_stopped = any(alert["kind"] == "feed_stopped" for alert in await feed.open_alerts(uow))
            whole = {**today, "whole": "true"}
            if moment.hour >= settings.feed_hour and await is_free(SendEligibilityFeed.name, whole):
                started.append((SendEligibilityFeed(), whole))
            elif waiting.people and not is_stopped and not await raw.fetchval(_RUNNING, SendEligibilityFeed.name):
                started.append((SendEligibilityFeed(), {}))
        for job, parameters in started:
            run_id = await jobs.prepare(job, dict(parameters), units, by=CALENDAR)
            await jobs.approve(run_id, units, by=CALENDAR)
    return [job.name for job, _ in started]


async def _keep_alert(uow: Any, waiting: feed.Waiting, minutes: int) -> None:
    """The alert that something has waited for longer than the union's setting; closed when nothing does."""
    if waiting.since is not None and uow.now - waiting.since > timedelta(minutes=minutes):
        age = int((uow.now - waiting.since).total_seconds() // 60)
        await feed.raise_alert(
            uow, "feed_late", f"変更{waiting.people:,}件が資格ファイルに出ていません(最も古いもの {age:,}分、目標 {minutes:,}分以内)。"
        )
    else:
        await feed.close_alert(uow, "feed_late")
