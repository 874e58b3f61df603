"""基準収入額適用申請: the receipts that somebody has applied with. Kept for good; the household is judged again in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.rules.copay.period import CopayYear, month_after
from eligibility_service.store import copay_judging
from eligibility_service.store.cases import Person
from eligibility_service.store.copay_rates import rates_on

_MEMBERS: Final = """
SELECT m.resident_number, q.insured_id FROM resident r
JOIN resident m ON (m.municipality_code, m.household_number) = (r.municipality_code, r.household_number) AND m.status = '1'
LEFT JOIN qualification q ON (q.municipality_code, q.resident_number) = (m.municipality_code, m.resident_number)
    AND q.acquired_on <= $3 AND (q.lost_on IS NULL OR q.lost_on > $3)
WHERE (r.municipality_code, r.resident_number) = ($1, $2)
"""
_KEEP: Final = """
INSERT INTO receipts_application
    (application_id, municipality_code, resident_number, copay_year, applied_on, effective_on, entered_by, entered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LINES: Final = "INSERT INTO applied_receipts SELECT $1, $2, k.n, k.r FROM unnest($3::text[], $4::bigint[]) AS k(n, r)"


class NotConcerned(Exception):
    """The application cannot be taken; the text says why, in Japanese."""


async def take(uow: UnitOfWork, person: Person, receipts: Mapping[str, int], *, applied_on: date, by: str) -> dict[str, Any]:
    """Keep the application and judge the household again; what came of it. NotConcerned where a person or an amount is missing."""
    raw = await driver(uow.connection)
    if applied_on > uow.today:
        raise NotConcerned("申請日が今日より後の日になっています。")
    effective_on = month_after(applied_on)
    year = CopayYear.of(effective_on)
    members = {row["resident_number"]: row["insured_id"] for row in await raw.fetch(_MEMBERS, *person, uow.today)}
    if not members.get(person[1]):
        raise NotConcerned("この方は今日、被保険者の資格がありません。")
    if strangers := sorted(receipts.keys() - members.keys()):
        raise NotConcerned(f"宛名番号 {'、'.join(strangers)} は、この世帯にいません。")
    if missing := sorted(number for number, insured in members.items() if insured and number not in receipts):
        raise NotConcerned(f"世帯の被保険者全員の収入額が必要です。宛名番号 {'、'.join(missing)} の収入額がありません。")
    application_id = uuid7()
    await raw.execute(_KEEP, application_id, *person, year.year, applied_on, effective_on, by, uow.now)
    await raw.execute(_LINES, application_id, person[0], list(receipts), list(receipts.values()))
    years = {year, *await copay_judging.years_judged(uow)}
    await copay_judging.rejudge(uow, {person: None}, years=sorted(years))
    found = (await rates_on(uow, [members[person[1]]], on=effective_on))[members[person[1]]]
    return {
        "application_id": str(application_id),
        "effective_on": effective_on.isoformat(),
        "rate_percent": found.rate_percent,
        "reason": found.reason,
    }
