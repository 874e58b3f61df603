"""修正前後対照表 of what was recorded: what was known just before an entry, and what is known since, from the tables in two times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.comparison import Line, recorded
from eligibility_service.domain.entries import Entry

_QUALIFICATIONS: Final = """
SELECT insured_id, ordinal, insured_number, acquired_on, lost_on, acquisition_ground, loss_reason FROM qualification_as_known
WHERE (municipality_code, resident_number) = ($1, $2) AND recorded_during @> $3::timestamptz ORDER BY ordinal
"""
_RATES: Final = """
SELECT k.copay_year, lower(k.valid_during) AS valid_from, upper(k.valid_during) - 1 AS valid_until, k.rate_percent, k.limit_class
FROM qualification q JOIN copay_rate_as_known k USING (insured_id)
WHERE (q.municipality_code, q.resident_number) = ($1, $2) AND k.recorded_during @> $3::timestamptz
ORDER BY k.copay_year, lower(k.valid_during)
"""
_APPROVED: Final = "SELECT asked_by, decided_by FROM approval WHERE approval_id = $1"
ONE: Final = timedelta(microseconds=1)
SETTLED: Final = timedelta(milliseconds=1)
"""What follows from an entry in its transaction is recorded within microseconds of it."""


async def before_and_after(uow: UnitOfWork, entry: Entry) -> list[Line]:
    """Each qualification of the person, and each copay year whose rates changed: before the entry, and after it."""
    raw = await driver(uow.connection)
    person, moments = (entry.municipality_code, entry.resident_number), (entry.recorded_at - ONE, entry.recorded_at + SETTLED)
    qualifications = [await raw.fetch(_QUALIFICATIONS, *person, moment) for moment in moments]
    rates = [await raw.fetch(_RATES, *person, moment) for moment in moments]
    return recorded((qualifications[0], qualifications[1]), (rates[0], rates[1]))


async def officers(uow: UnitOfWork, entry: Entry) -> tuple[str, str | None]:
    """Who asked for it, and who approved it (None: nobody had to)."""
    found: Any = await (await driver(uow.connection)).fetchrow(_APPROVED, entry.approval_id)
    return (found["asked_by"], found["decided_by"]) if found else (entry.recorded_by, None)
