"""The members that an assessment counts: one query, whether for one household at the counter or for the whole union."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records, copy_in, copy_out, fetch_records
from chassis.law import FiscalYear

from premium_service.domain.assessing import uuid_of
from premium_service.domain.records import INPUT_DTYPE
from premium_service.store import rate_areas
from premium_service.store.incomes import AMOUNTS

NOBODY = UUID(int=0)
FEW = 50
"""So many households or people are read by a prepared statement, more by COPY."""

_LATEST = "SELECT a.months FROM assessment a WHERE a.insured_id = i.insured_id AND a.fiscal_year = {year} ORDER BY a.revision DESC LIMIT 1"

_ASSESSED = """
FROM insured i
JOIN membership m ON m.resident = i.resident
    AND m.valid_from <= greatest(i.acquired_on, {start}) AND m.valid_until > greatest(i.acquired_on, {start})
WHERE i.acquired_on < {end} AND ((i.lost_on > {start} AND i.lost_on > i.acquired_on) OR ({latest}) > 0)
"""
"""Whose premium there is to decide in a fiscal year, and in which household it is judged."""

# Whoever had left, or died, before the day on which the premium is judged is a member of no household on it: what was decided before that
# was known is taken back in the household that was the last.
_VOID = """
FROM insured i
JOIN LATERAL (
    SELECT household_id, valid_until FROM membership WHERE resident = i.resident AND valid_from < greatest(i.acquired_on, {start})
    ORDER BY valid_from DESC LIMIT 1
) AS m ON m.valid_until <= greatest(i.acquired_on, {start})
WHERE i.acquired_on < {end} AND i.lost_on <= greatest(i.acquired_on, {start}) AND ({latest}) > 0
"""

_ROWS = """
WITH void AS MATERIALIZED (
    SELECT i.insured_id, m.household_id, m.valid_until - 1 AS judged_on {void} AND {households}
), assessed AS MATERIALIZED (
    SELECT i.insured_id, m.household_id, greatest(i.acquired_on, {start}) AS judged_on {assessed} AND {households}
    UNION ALL SELECT * FROM void
), snapshot AS (
    SELECT household_id, judged_on, row_number() OVER (ORDER BY household_id, judged_on) AS number
    FROM (SELECT DISTINCT household_id, judged_on FROM assessed) AS days
)
SELECT coalesce(i.insured_id, '{nobody}'::uuid) AS insured_id, r.municipality_code, s.number AS household, r.number AS member,
    s.judged_on, r.born_on, coalesce(i.acquired_on, 'infinity') AS acquired_on, coalesce(i.lost_on, 'infinity') AS lost_on,
    CASE WHEN f.was_dependant THEN f.joined_on ELSE 'infinity' END AS former_dependant_since,
    {amounts}, coalesce(n.total_income, 0) AS total_income,
    CASE WHEN v.resident IS NOT NULL AND coalesce(n.income_status, 3) = 3 THEN 2 ELSE coalesce(n.income_status, 3) END::smallint
        AS income_status, {rate_area} AS rate_area, m.is_head,
    coalesce(i.acquired_on <= s.judged_on AND i.lost_on > s.judged_on, false) AS is_insured,
    a.insured_id IS NOT NULL AS is_assessed, coalesce(i.by_disability, false) AS by_disability,
    coalesce(n.has_total_income, false) AS has_total_income, s.household_id,
    r.resident_number::char(15) AS resident_number
FROM snapshot s
JOIN membership m ON m.household_id = s.household_id AND m.valid_from <= s.judged_on AND m.valid_until > s.judged_on
JOIN resident r ON r.number = m.resident AND r.born_on IS NOT NULL
LEFT JOIN insured i ON i.resident = m.resident
    AND ((i.acquired_on <= s.judged_on AND i.lost_on > s.judged_on) OR greatest(i.acquired_on, {start}) = s.judged_on
        OR (i.insured_id, s.judged_on) IN (SELECT insured_id, judged_on FROM void))
LEFT JOIN assessed a ON a.insured_id = i.insured_id AND a.judged_on = s.judged_on
LEFT JOIN former_dependant f ON f.insured_id = i.insured_id
LEFT JOIN income n ON n.resident = r.number AND n.income_year = {income_year}
LEFT JOIN income_override v ON v.resident = r.number AND v.income_year = {income_year}
WHERE m.is_head OR i.insured_id IS NOT NULL
"""
# A resident whose income record has not come has status 3 (照会中): unknown is not zero, and a decision on it is refused, unless two
# officers have let it be made by the rule for 未申告 (income_override).


def assessed_in(year: FiscalYear) -> str:
    """FROM and WHERE of a query for the insured (`i`) whose premium of the fiscal year there is to decide."""
    return _ASSESSED.format(start=f"'{year.start}'::date", end=f"'{year.end}'::date", latest=_LATEST.format(year=year.year))


def _query(year: FiscalYear, *, households: str, income_year: int | None = None) -> str:
    days = {"start": f"'{year.start}'::date", "end": f"'{year.end}'::date"}
    return _ROWS.format(
        assessed=assessed_in(year),
        void=_VOID.format(latest=_LATEST.format(year=year.year), **days),
        start=days["start"],
        nobody=NOBODY,
        amounts=", ".join(f"coalesce(n.{name}, 0) AS {name}" for name in AMOUNTS),
        income_year=income_year or year.income_year,
        rate_area=rate_areas.expression(year),
        households=households,
    )


_REVISE = """
WITH taken AS MATERIALIZED (SELECT id FROM household WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE)
INSERT INTO household_revised SELECT id, $2, now() FROM taken
ON CONFLICT (household_id, fiscal_year) DO UPDATE SET revised_at = excluded.revised_at
"""


async def of_households(raw: Connection[Any], households: Sequence[int], year: FiscalYear) -> Records:
    """INPUT_DTYPE rows of some households, locked against another decision until the transaction ends."""
    await raw.execute(_REVISE, sorted(households), year.year)
    query = _query(year, households="m.household_id = ANY($1::bigint[])")
    read = fetch_records if len(households) <= FEW else copy_out
    return await read(raw, f"{query} ORDER BY s.number, m.is_head DESC, r.number", INPUT_DTYPE, list(households))


async def freeze(
    raw: Connection[Any], run_id: UUID, year: FiscalYear, *, due_only: bool, income_year: int | None = None
) -> tuple[int, int]:
    """Copy the members of every household (or of those that are due for the year) to assessment_input: what the run decides on, whatever
    comes. Returns the first and the last household number; they go on after those of the years that are frozen in the run already.
    `income_year`: another than the law of the year counts."""
    due = f"m.household_id IN (SELECT household_id FROM household_due WHERE since < '{year.end}'::date)"
    columns = ", ".join(INPUT_DTYPE.names or ())
    query = _query(year, households=due if due_only else "true", income_year=income_year)
    before = await raw.fetchval(_LAST_NUMBER, run_id)
    numbered = columns.replace("household,", f"household + {before},", 1)
    await raw.execute(f"INSERT INTO assessment_input (run_id, {columns}) SELECT '{run_id}'::uuid, {numbered} FROM ({query}) AS q")
    await raw.execute("ANALYZE assessment_input")
    return before + 1, await raw.fetchval(_LAST_NUMBER, run_id)


async def span_of(raw: Connection[Any], run_id: UUID, year: FiscalYear) -> tuple[int, int]:
    """The first and the last number of a run's frozen households of a fiscal year; (0, 0) where it has none."""
    row = await raw.fetchrow(_SPAN, run_id, year.start, year.end)
    return row["first"], row["last"]


_SPAN = """
SELECT coalesce(min(household), 0) AS first, coalesce(max(household), 0) AS last FROM assessment_input
WHERE run_id = $1 AND judged_on >= $2 AND judged_on < $3
"""
_LAST_NUMBER = "SELECT coalesce(max(household), 0) FROM assessment_input WHERE run_id = $1"


async def frozen(raw: Connection[Any], run_id: UUID, first_household: int, last_household: int) -> Records:
    """Frozen rows of a run whose household number (within the run) lies in the range, members of a household together."""
    columns = ", ".join(INPUT_DTYPE.names or ())
    query = (
        f"SELECT {columns} FROM assessment_input WHERE run_id = $1 AND household BETWEEN $2 AND $3 ORDER BY household, is_head DESC, member"
    )
    return await copy_out(raw, query, INPUT_DTYPE, run_id, first_household, last_household)


async def frozen_of(raw: Connection[Any], decisions: Records) -> Records:
    """The frozen rows behind decisions (DECISION_DTYPE), members of a household together; `household` is the decision's place, from 1."""
    columns = ", ".join("k.number AS household" if name == "household" else f"i.{name}" for name in INPUT_DTYPE.names or ())
    query = _FROZEN_OF.format(columns=columns)
    runs, households = [uuid_of(value) for value in decisions["run_id"]], [int(value) for value in decisions["household"]]
    return await copy_out(raw, query, INPUT_DTYPE, runs, households)


_FROZEN_OF = """
SELECT {columns} FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS k(run_id, household, number)
JOIN assessment_input i ON (i.run_id, i.household) = (k.run_id, k.household) ORDER BY k.number, i.is_head DESC, i.member
"""


async def without_revised(raw: Connection[Any], records: Records, run_id: UUID, year: FiscalYear) -> Records:
    """Rows whose household nobody has decided again for the year since the run was frozen: what is newer than the run stands."""
    rows = await raw.fetch(_REVISED_SINCE, run_id, year.year)
    revised = np.array([row["household_id"] for row in rows], np.int64)
    return records[~np.isin(records["household_id"], revised)] if len(revised) else records


_REVISED_SINCE = """
SELECT r.household_id FROM household_revised r JOIN job_run j ON j.id = $1 AND r.revised_at > j.prepared_at WHERE r.fiscal_year = $2
"""


async def keep(raw: Connection[Any], run_id: UUID, records: Records) -> None:
    """Freeze input rows that a decision rests on."""
    made = np.empty(len(records), np.dtype([("run_id", "S16"), *INPUT_DTYPE.descr]))
    made["run_id"] = run_id.bytes
    for name in INPUT_DTYPE.names or ():
        made[name] = records[name]
    await copy_in(raw, "assessment_input", made)
