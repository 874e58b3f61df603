"""未申告・照会中・他市課税・未着: whose income is not known; followed where a single income comes, and for everybody each morning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records, copy_out
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork

from premium_service.rules.income_gaps import Gap, Judged, judge

CONCERNED_DTYPE: Final = np.dtype(
    [("resident", np.int64), ("born_on", np.int32), ("resident_since", np.int32), ("income_status", np.int16)]
)
# Whoever lives, or has lived in the fiscal year, with somebody who is insured in it: under-75 members too (W-09).
_CONCERNED: Final = """
SELECT r.number AS resident, r.born_on, coalesce(r.resident_since, '-infinity') AS resident_since,
    coalesce(n.income_status, 0::smallint) AS income_status
FROM {whose} AS k(number) JOIN resident r ON r.number = k.number AND r.born_on IS NOT NULL
LEFT JOIN income n ON n.resident = r.number AND n.income_year = {income_year}
"""
_INSURED_WITH: Final = """
FROM insured i
JOIN membership o ON o.resident = i.resident AND o.valid_until > '{start}' AND o.valid_from < '{end}'
JOIN membership m ON m.household_id = o.household_id AND m.valid_until > '{start}' AND m.valid_from < '{end}'
WHERE i.acquired_on < '{end}' AND i.lost_on > '{start}' AND i.lost_on > i.acquired_on
"""
_OF_MUNICIPALITY: Final = f"(SELECT DISTINCT m.resident {_INSURED_WITH} AND i.municipality_code = $1)"
# LIMIT keeps the planner from joining everybody for the sake of one.
_ONE_BY_ONE: Final = f"""(
    SELECT g.number FROM unnest($1::bigint[]) AS g(number)
    CROSS JOIN LATERAL (SELECT 1 {_INSURED_WITH} AND m.resident = g.number LIMIT 1) AS insured_with
)"""
_KEEP: Final = """
INSERT INTO income_gap AS g (resident, income_year, municipality_code, gap, since)
SELECT k.resident, $3, r.municipality_code, k.gap, $4 FROM unnest($1::bigint[], $2::smallint[]) AS k(resident, gap)
JOIN resident r ON r.number = k.resident
ON CONFLICT (resident, income_year) DO UPDATE SET gap = excluded.gap, municipality_code = excluded.municipality_code, closed_on = NULL,
    since = CASE WHEN g.closed_on IS NULL AND g.gap = excluded.gap THEN g.since ELSE excluded.since END
WHERE g.closed_on IS NOT NULL OR g.gap <> excluded.gap
RETURNING 1
"""
_CLOSE: Final = """
UPDATE income_gap g SET closed_on = $3 WHERE g.closed_on IS NULL AND g.income_year = $2 AND {whose}
  AND NOT EXISTS (SELECT FROM unnest($4::bigint[]) AS k(resident) WHERE k.resident = g.resident)
"""
_LISTED: Final = """
SELECT g.gap, g.since, $2::date - g.since AS days, g.income_year, r.municipality_code, r.resident_number, r.name, r.born_on,
    date_part('year', age($2::date, r.born_on))::int AS age, i.insured_number, v.approval_id IS NOT NULL AS overridden
FROM income_gap g JOIN resident r ON r.number = g.resident
LEFT JOIN LATERAL (SELECT insured_number FROM insured WHERE resident = g.resident ORDER BY acquired_on DESC LIMIT 1) AS i ON true
LEFT JOIN income_override v ON (v.resident, v.income_year) = (g.resident, g.income_year)
WHERE g.closed_on IS NULL AND g.income_year = $1 AND g.gap = $3 AND ($4::text IS NULL OR g.municipality_code = $4)
  AND age($2::date, r.born_on) >= make_interval(years => $5) AND age($2::date, r.born_on) < make_interval(years => $6)
ORDER BY g.since, g.municipality_code, r.resident_number LIMIT $7
"""
_COUNTS: Final = """
SELECT g.municipality_code, g.gap, count(*) AS people, count(*) FILTER (WHERE g.since <= $2::date - $3::int) AS overdue
FROM income_gap g WHERE g.closed_on IS NULL AND g.income_year = $1 GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Followed:
    """Whoever was looked at, with their reasons and gaps, and how many gaps are new or another than before."""

    judged: Judged
    newly_found: int


async def follow(raw: Connection[Any], year: FiscalYear, whose: Sequence[int] | str, *, today: date) -> Followed:
    """Judge some residents, or everybody of a municipality, for the incomes that a fiscal year rests on; gaps are kept and closed."""
    one_by_one = not isinstance(whose, str)
    whom = (_ONE_BY_ONE if one_by_one else _OF_MUNICIPALITY).format(start=year.start, end=year.end)
    query = _CONCERNED.format(income_year=year.income_year, whose=whom)
    given: Any = list(whose) if one_by_one else whose
    people: Records = await copy_out(raw, query, CONCERNED_DTYPE, given)
    judged = judge(
        income_year=year.income_year,
        income_status=people["income_status"],
        resident_since=people["resident_since"],
        born_on=people["born_on"],
    )
    some = judged.gap != Gap.NONE
    residents = people["resident"][some].tolist()
    new = await raw.fetch(_KEEP, residents, judged.gap[some].tolist(), year.income_year, today) if residents else []
    close = _CLOSE.format(whose="g.resident = ANY($1::bigint[])" if one_by_one else "g.municipality_code = $1")
    await raw.execute(close, given, year.income_year, today, residents)
    return Followed(judged, len(new))


async def listing(
    uow: UnitOfWork, income_year: int, gap: Gap, *, municipality_code: str | None, ages: tuple[int, int], limit: int = 500
) -> list[dict[str, Any]]:
    """Who is in a state, the longest in it first: name, age, days; of a municipality or of all that the reader may see."""
    raw = await driver(uow.connection)
    return [dict(row) for row in await raw.fetch(_LISTED, income_year, uow.today, int(gap), municipality_code, *ages, limit)]


async def counts(uow: UnitOfWork, income_year: int, *, patience: int) -> list[dict[str, Any]]:
    """Open gaps by municipality and state, and how many of them are older than `patience` days."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_COUNTS, income_year, uow.today, patience)]


async def by_state(raw: Connection[Any], income_year: int, today: date, *, patience: int) -> dict[str, int]:
    """For the preview of a run: people by state of an income that is not known, and `overdue`: inquiries older than `patience` days."""
    rows = await raw.fetch(_COUNTS, income_year, today, patience)
    found = {gap.name.lower(): sum(row["people"] for row in rows if row["gap"] == gap) for gap in Gap if gap is not Gap.NONE}
    return {**found, "overdue": sum(row["overdue"] for row in rows if row["gap"] == Gap.INQUIRING)}
