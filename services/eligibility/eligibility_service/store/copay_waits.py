"""判定保留: whoever waits for a rate, on the municipality's worklist and on the union's list; and residents whose income never came."""

from __future__ import annotations

from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CaseKind

from eligibility_service.rules.copay.columns import Outcome
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.rules.copay.terms import OUTCOMES
from eligibility_service.store.cases import Person, close_cases, raise_cases

AT_ONCE: Final = 500
_NEW: Final = """
SELECT insured_id, copay_year, municipality_code, resident_number, outcome, class_outcome, waiting_since FROM copay_wait
WHERE NOT is_raised ORDER BY copay_year, municipality_code, resident_number LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_RAISED: Final = (
    "UPDATE copay_wait SET is_raised = true WHERE (insured_id, copay_year) IN (SELECT * FROM unnest($1::uuid[], $2::smallint[]))"
)
_LISTING: Final = """
SELECT w.municipality_code, w.resident_number, r.name, w.copay_year, w.outcome, w.class_outcome, w.waiting_since,
    $1::date - w.waiting_since AS days
FROM copay_wait w JOIN resident r USING (municipality_code, resident_number) ORDER BY w.waiting_since, 1, 2 LIMIT $2
"""
# Whoever is insured, or lives with somebody insured, and has no record of the income year; those who had one the year before first.
_MISSING: Final = """
WITH concerned AS (
    SELECT DISTINCT r.municipality_code AS m, r.household_number AS h
    FROM qualification q JOIN resident r USING (municipality_code, resident_number)
    WHERE q.acquired_on <= $2 AND (q.lost_on IS NULL OR q.lost_on > $2)
)
SELECT r.municipality_code, r.resident_number, EXISTS (
    SELECT FROM income i WHERE (i.municipality_code, i.resident_number) = (r.municipality_code, r.resident_number) AND i.income_year < $1
) AS had_one
FROM resident r JOIN concerned c ON (c.m, c.h) = (r.municipality_code, r.household_number)
WHERE r.status = '1' AND r.born_on <= $3 AND NOT EXISTS (
    SELECT FROM income i WHERE (i.municipality_code, i.resident_number, i.income_year) = (r.municipality_code, r.resident_number, $1))
  AND NOT EXISTS (SELECT FROM worklist_item w WHERE w.kind = $4 AND w.closed_at IS NULL
    AND (w.municipality_code, w.resident_number) = (r.municipality_code, r.resident_number))
ORDER BY had_one DESC, 1, 2 LIMIT $5
"""
_COME: Final = """
SELECT w.municipality_code, w.resident_number FROM worklist_item w
WHERE w.kind = $2 AND w.closed_at IS NULL AND (
    EXISTS (SELECT FROM income i WHERE i.income_year = $1
        AND (i.municipality_code, i.resident_number) = (w.municipality_code, w.resident_number))
    OR NOT EXISTS (SELECT FROM resident r WHERE (r.municipality_code, r.resident_number) = (w.municipality_code, w.resident_number)
        AND r.status = '1'))
LIMIT $3
"""


async def raise_some(uow: UnitOfWork) -> bool:
    """Put the next waits on the worklists of their municipalities; False when there are none."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(_NEW, AT_ONCE)
    if not rows:
        return False
    for since in sorted({row["waiting_since"] for row in rows}):
        of_day = [row for row in rows if row["waiting_since"] == since]
        people = [(row["municipality_code"], row["resident_number"]) for row in of_day]
        await raise_cases(uow, CaseKind.COPAY_RATE_UNDECIDED, people, [why(row) for row in of_day], waiting_since=since)
    await raw.execute(_RAISED, [row["insured_id"] for row in rows], [row["copay_year"] for row in rows])
    return True


def why(row: Any) -> str:
    """What is missing, in Japanese."""
    outcome, class_outcome = Outcome(row["outcome"]), Outcome(row["class_outcome"])
    if outcome is not Outcome.DECIDED:
        return f"負担割合を判定できません: {OUTCOMES[outcome][0]}"
    return f"限度額区分を判定できません: {OUTCOMES[class_outcome][0]}"


async def listing(uow: UnitOfWork, *, limit: int = 500) -> list[dict[str, Any]]:
    """Who waits, the longest waiting first, with the days waited; those whom the reader may see."""
    rows = await (await driver(uow.connection)).fetch(_LISTING, uow.today, limit)
    return [{**dict(row), "why": why(row), "copay_year_name": CopayYear(row["copay_year"]).name} for row in rows]


async def look_for_missing_incomes(uow: UnitOfWork) -> bool:
    """所得の記録が届いていない住民: a case for each who has none for the income year of today's rates; True where more may be left.

    Young people without a record are not looked for: the tax law does not tax them.
    """
    raw = await driver(uow.connection)
    year = CopayYear.of(uow.today)
    if not await raw.fetchval("SELECT EXISTS (SELECT FROM income WHERE income_year = $1)", year.income_year):
        return False  # no file of the year has come at all: that is not a matter of single residents
    youngest = uow.today.replace(year=year.income_year + 1 - 20, month=1, day=1)
    come: list[Person] = [tuple(row) for row in await raw.fetch(_COME, year.income_year, CaseKind.INCOME_RECORD_MISSING.value, AT_ONCE)]
    await close_cases(uow, CaseKind.INCOME_RECORD_MISSING, come)
    rows = await raw.fetch(_MISSING, year.income_year, uow.today, youngest, CaseKind.INCOME_RECORD_MISSING.value, AT_ONCE)
    people = [(row["municipality_code"], row["resident_number"]) for row in rows]
    details = [_missing(year, had_one=row["had_one"]) for row in rows]
    await raise_cases(uow, CaseKind.INCOME_RECORD_MISSING, people, details)
    return len(rows) == AT_ONCE or len(come) == AT_ONCE


def _missing(year: CopayYear, *, had_one: bool) -> str:
    before = "前の年の記録はあります。" if had_one else "これまでの年の記録もありません。"
    return f"{year.income_year}年の所得の記録が届いていません。{before}"
