"""Members of a household with insured people whose 70th or 75th birthday counts for 負担割合 from a day on."""

from __future__ import annotations

from datetime import date
from typing import Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.rules.copay.period import CopayYear, first_of_next_month
from eligibility_service.store import copay_judging
from eligibility_service.store.cases import Person

# By the index on born_on: at most a month and a day before the first of the month from which the birthday counts.
_PEOPLE: Final = """
SELECT s.municipality_code, s.resident_number FROM unnest(ARRAY[70, 75]) AS age CROSS JOIN LATERAL (
    SELECT municipality_code, resident_number, household_number, born_on FROM resident_search
    WHERE born_on > $1::date - make_interval(years => age, months => 1, days => 1) AND born_on <= $2::date - make_interval(years => age)
) AS s
WHERE first_of_next_month((s.born_on + make_interval(years => age))::date) > $1
  AND first_of_next_month((s.born_on + make_interval(years => age))::date) <= $2
  AND EXISTS (SELECT FROM resident_search o JOIN qualification q USING (municipality_code, resident_number)
    WHERE (o.municipality_code, o.household_number) = (s.municipality_code, s.household_number)
      AND q.acquired_on <= $2 AND (q.lost_on IS NULL OR q.lost_on > $1))
"""
COUNTED: Final = f"SELECT municipality_code, count(*) AS people FROM ({_PEOPLE}) AS p GROUP BY 1 ORDER BY 1"
_OF_MUNICIPALITY: Final = f"SELECT * FROM ({_PEOPLE}) AS p WHERE municipality_code = $3 ORDER BY 2"
_LAST: Final = "SELECT max((parameters->>'until')::date) FROM job_run WHERE job = $1 AND state <> 'failed'"


async def people(uow: UnitOfWork, municipality_code: str, after: date, until: date) -> list[Person]:
    """Whose birthday counts from a day after `after`, and not after `until`."""
    rows = await (await driver(uow.connection)).fetch(_OF_MUNICIPALITY, after, until, municipality_code)
    return [(row[0], row[1]) for row in rows]


async def to_look_at(uow: UnitOfWork, job: str) -> tuple[date, date] | None:
    """The days that no run has looked at: from the last run, or the beginning of the copay year, to the next first of a month.

    None where a run has looked already, or nobody has a rate of the year yet.
    """
    year, until = CopayYear.of(uow.today), first_of_next_month(uow.today)
    last: date | None = await (await driver(uow.connection)).fetchval(_LAST, job)
    after = max(last or year.start, year.start)
    return (after, until) if after < until and await copay_judging.was_judged(uow, year) else None
