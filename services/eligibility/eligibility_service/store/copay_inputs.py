"""What 負担割合 is judged on: the members of households on each day on which something changed. One query for one household and for all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records, copy_in, copy_out
from chassis.jobs import Chunk
from chassis.law import RULES, dates_of

from eligibility_service.domain.copay_records import INPUT_DTYPE
from eligibility_service.domain.linked_households import Household
from eligibility_service.rules.copay.columns import AMOUNTS
from eligibility_service.rules.copay.period import CopayYear, first_of_next_month
from eligibility_service.store import copay_movers
from eligibility_service.store.copay_movers import LIVED

_COLUMNS: Final = ", ".join(INPUT_DTYPE.names or ())
_NOBODY: Final = UUID(int=0)
NAMED: Final = "SELECT m, h FROM unnest($1::text[], $2::text[]) AS named(m, h)"
_INSURED: Final = "q.acquired_on <= {horizon} AND (q.lost_on IS NULL OR (q.lost_on > {start} AND q.lost_on > q.acquired_on))"
EVERYBODY: Final = f"""
SELECT r.municipality_code, r.household_number FROM qualification q JOIN resident r USING (municipality_code, resident_number)
WHERE {_INSURED}
UNION SELECT r.municipality_code, r.household_number FROM qualification q
JOIN resident_history r USING (municipality_code, resident_number) WHERE {_INSURED} AND {LIVED}
"""
DUE: Final = f"""
SELECT e.municipality_code, e.household_number FROM ({EVERYBODY}) AS e WHERE EXISTS (
    SELECT FROM copay_due d WHERE d.copay_year = {{year}} AND d.municipality_code = e.municipality_code AND d.household_number = '')
"""
# Who lived in these households from when to when, as it is believed now. The first record known of somebody reaches back to the day
# on which the residence began: nothing is known of any other household before.
_ROWS: Final = """
WITH wanted(m, h) AS MATERIALIZED ({wanted}), lives AS MATERIALIZED (
    SELECT r.municipality_code AS m, r.resident_number AS n, r.household_number AS h, r.relationship, r.born_on, 'infinity'::date AS until,
        CASE WHEN EXISTS (
            SELECT FROM resident_history e WHERE (e.municipality_code, e.resident_number) = (r.municipality_code, r.resident_number)
            AND upper_inf(e.recorded_during)
        ) THEN r.changed_on ELSE least(r.changed_on, r.resident_since) END AS since
    FROM resident r JOIN wanted w ON (w.m, w.h) = (r.municipality_code, r.household_number) {through} WHERE r.status = '1'
    UNION ALL
    SELECT r.municipality_code, r.resident_number, r.household_number, r.relationship, r.born_on, upper(r.valid_during),
        CASE WHEN EXISTS (
            SELECT FROM resident_history e WHERE (e.municipality_code, e.resident_number) = (r.municipality_code, r.resident_number)
            AND upper_inf(e.recorded_during) AND lower(e.valid_during) < lower(r.valid_during)
        ) THEN lower(r.valid_during) ELSE least(lower(r.valid_during), r.resident_since) END
    FROM resident_history r JOIN wanted w ON (w.m, w.h) = (r.municipality_code, r.household_number)
    WHERE r.status = '1' AND upper_inf(r.recorded_during)
), held AS MATERIALIZED (
    SELECT DISTINCT ON (q.insured_id) l.m, l.n, q.insured_id, q.acquired_on, COALESCE(q.lost_on, 'infinity') AS lost_on
    FROM lives l JOIN qualification q ON (q.municipality_code, q.resident_number) = (l.m, l.n)
    WHERE {insured}
), days(m, h, day) AS (
    SELECT m, h, {start} FROM wanted
    UNION SELECT m, h, law FROM wanted, unnest({law_days}) AS law
    UNION SELECT l.m, l.h, first_of_next_month(l.since) FROM lives l WHERE l.since > {start}
    UNION SELECT l.m, l.h, first_of_next_month(l.until) FROM lives l WHERE l.until > {start} AND l.until < 'infinity'
    UNION SELECT l.m, l.h, first_of_next_month((l.born_on + interval '70 years')::date) FROM lives l
        WHERE l.born_on BETWEEN {start} - interval '71 years' AND {start} - interval '68 years'
    UNION SELECT l.m, l.h, first_of_next_month((l.born_on + interval '75 years')::date) FROM lives l
        WHERE l.born_on BETWEEN {start} - interval '76 years' AND {start} - interval '73 years'
    UNION SELECT l.m, l.h, q.acquired_on FROM lives l JOIN held q USING (m, n) WHERE q.acquired_on > {start}
    UNION SELECT l.m, l.h, first_of_next_month(q.acquired_on) FROM lives l JOIN held q USING (m, n) WHERE q.acquired_on > {start}
    UNION SELECT l.m, l.h, first_of_next_month(q.lost_on) FROM lives l JOIN held q USING (m, n) WHERE q.lost_on < 'infinity'
    UNION SELECT l.m, l.h, a.effective_on FROM lives l
        JOIN receipts_application a ON (a.municipality_code, a.resident_number) = (l.m, l.n) AND a.copay_year = {year}
), snapshots AS (
    SELECT m, h, day, row_number() OVER (ORDER BY {order}m, h, day) AS number
    FROM (SELECT DISTINCT m, h, day FROM days WHERE day BETWEEN {start} AND {horizon}) AS of_the_year {links}
)
SELECT COALESCE(q.insured_id, '{nobody}'::uuid) AS insured_id, l.m::char(6) AS municipality_code, l.n::char(15) AS resident_number,
    l.h::char(15) AS household_number, s.number AS household, s.day AS judged_on, l.born_on, {amounts},
    COALESCE(a.receipts, 0) AS applied_receipts, COALESCE(i.income_status, 0::smallint) AS income_status,
    COALESCE(i.tax_status, 0::smallint) AS tax_status, COALESCE(i.dependants_under_16, 0::smallint) AS dependants_under_16,
    COALESCE(i.dependants_16_to_18, 0::smallint) AS dependants_16_to_18, q.insured_id IS NOT NULL AS is_insured,
    q.insured_id IS NOT NULL AND (extract(day FROM s.day) = 1 OR s.day = q.acquired_on) AS is_judged,
    l.relationship LIKE '02%' OR COALESCE(i.dependants_under_16 + i.dependants_16_to_18 > 0, false) AS was_head,
    COALESCE(i.has_total_income, false) AS has_total_income, COALESCE(i.has_taxable_income, false) AS has_taxable_income,
    COALESCE(i.has_gross_income, false) AS has_gross_income, COALESCE(i.has_dependants, false) AS has_dependants,
    a.receipts IS NOT NULL AS has_applied_receipts, COALESCE(i.receives_welfare_pension, false) AS receives_welfare_pension
FROM snapshots s
JOIN lives l ON (l.m, l.h) = (s.m, s.h) AND l.since <= s.day AND l.until > s.day
LEFT JOIN held q ON (q.m, q.n) = (l.m, l.n) AND q.acquired_on <= s.day AND q.lost_on > s.day
LEFT JOIN income i ON (i.municipality_code, i.resident_number, i.income_year) = (l.m, l.n, {income_year})
LEFT JOIN LATERAL (
    SELECT r.receipts FROM applied_receipts r JOIN receipts_application p USING (application_id)
    WHERE (r.municipality_code, r.resident_number) = (l.m, l.n) AND p.copay_year = {year} AND p.effective_on <= s.day
    ORDER BY p.effective_on DESC, p.entered_at DESC LIMIT 1
) AS a ON true
"""


def query_of(year: CopayYear, today: date, *, wanted: str, through: str = "", linked: bool = False) -> str:
    """The rows of INPUT_DTYPE for the households of `wanted`, on the first day of the year and each day up to now that changed something.

    `through`: a further join that finds a household's residents by an index, where there is one. `linked`: households that movers
    have linked are numbered one after the other.
    """
    horizon = max(year.start, min(year.last_day, first_of_next_month(today)))
    values = {
        "year": str(year.year),
        "start": f"'{year.start}'::date",
        "horizon": f"'{horizon}'::date",
        "income_year": f"{year.income_year}::smallint",
        "law_days": _days(_law_days(year)),
        "nobody": str(_NOBODY),
        "amounts": ", ".join(f"COALESCE(i.{name}, 0) AS {name}" for name in AMOUNTS),
        "through": through,
        "order": "link NULLS LAST, " if linked else "",
        "links": "LEFT JOIN linked_household USING (m, h)" if linked else "",
    }
    values["insured"] = _INSURED.format(**values)
    return _ROWS.format(wanted=wanted.format(**values), **values)


def _law_days(year: CopayYear) -> Collection[date]:
    """Days within the year from which another version of a rule of 負担割合 is the law."""
    starts = {dates_of(version).period.start for name, rule in RULES.items() if name.startswith("copay_") for version in rule.versions}
    return sorted(day for day in starts if year.start < day <= year.last_day)


def _days(days: Collection[date]) -> str:
    return "ARRAY[{}]::date[]".format(", ".join(f"'{day}'" for day in days))


_THROUGH_SEARCH: Final = """
    JOIN resident_search x ON (x.municipality_code, x.resident_number) = (r.municipality_code, r.resident_number)
    AND (x.municipality_code, x.household_number) = (w.m, w.h)"""
_LOCK: Final = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended('copay:' || m || ':' || h, 0) AS key FROM unnest($1::text[], $2::text[]) AS named(m, h) ORDER BY key
) AS keys
"""
_SEARCH_FOLLOWS: Final = "SELECT EXISTS (SELECT FROM search_due WHERE municipality_code = ANY ($1::text[]))"


async def of_households(raw: Connection[Any], households: Sequence[Household], year: CopayYear, today: date) -> Records:
    """INPUT_DTYPE rows of everybody who lives in some households on a day that counts, of every month of the year.

    With the members of the other households in which these people have lived, who are judged only if they are among them. All are locked
    against another judgement until the transaction ends.
    """
    # After a large batch the search follows within seconds; until then the table of residents itself is asked.
    through = "" if await raw.fetchval(_SEARCH_FOLLOWS, [code for code, _ in households]) else _THROUGH_SEARCH
    elsewhere = await copay_movers.lived_elsewhere(raw, households, year, through=through)
    await raw.execute(_LOCK, *_keys([*households, *elsewhere]))
    elsewhere = await copay_movers.lived_elsewhere(raw, households, year, through=through)  # as the locks have found it
    query = query_of(year, today, wanted=NAMED, through=through)
    ordered = f"SELECT {_COLUMNS} FROM ({query}) AS q ORDER BY household, resident_number"
    found = await copy_out(raw, ordered, INPUT_DTYPE, *_keys([*households, *elsewhere]))
    if elsewhere:
        named = {(code.encode(), number.encode()) for code, number in households}
        of_named = [(row["municipality_code"], row["household_number"].rstrip()) in named for row in found]
        found["is_judged"] &= np.isin(found["insured_id"], found["insured_id"][of_named])
    return found


def _keys(households: Sequence[Household]) -> tuple[list[str], list[str]]:
    return [code for code, _ in households], [number for _, number in households]


async def freeze(raw: Connection[Any], run_id: UUID, year: CopayYear, today: date, *, due_only: bool) -> None:
    """Copy the members of every household (or of those that are due) to copay_input: what the run judges on, whatever comes."""
    linked = await copay_movers.link(raw, year)
    query = query_of(year, today, wanted=DUE if due_only else EVERYBODY, linked=linked)
    # Of what the steps of the query give, the planner knows no number and guesses one row, the more so right after a first load, without
    # statistics; it would then compare all with all of a municipality: minutes for 50,000 people. By hashes of the whole key it is seconds.
    await raw.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
    await raw.execute(f"INSERT INTO copay_input (run_id, {_COLUMNS}) SELECT '{run_id}'::uuid, {_COLUMNS} FROM ({query}) AS q")
    await raw.execute("SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on")


def people_of(run_id: UUID, chunk: Chunk) -> str:
    """The insured who are judged in a chunk of a run, as a query: a hundred thousand identifiers need not go to the database again."""
    return f"""SELECT i.insured_id FROM copay_input i WHERE i.run_id = '{run_id}'::uuid
        AND i.household BETWEEN {int(chunk.first_key)} AND {int(chunk.last_key)} AND i.is_judged"""


async def frozen(raw: Connection[Any], run_id: UUID, first_household: int, last_household: int) -> Records:
    """Frozen rows of a run whose household number (within the run) lies in the range, members of a household together."""
    query = f"SELECT {_COLUMNS} FROM copay_input WHERE run_id = $1 AND household BETWEEN $2 AND $3 ORDER BY household, resident_number"
    return await copy_out(raw, query, INPUT_DTYPE, run_id, first_household, last_household)


async def keep(raw: Connection[Any], run_id: UUID, records: Records) -> None:
    """Freeze input rows that a decision rests on."""
    made = np.empty(len(records), np.dtype([("run_id", "S16"), *INPUT_DTYPE.descr]))
    made["run_id"] = run_id.bytes
    for name in INPUT_DTYPE.names or ():
        made[name] = records[name]
    await copy_in(raw, "copay_input", made)


_HOUSEHOLDS_OF: Final = """
SELECT DISTINCT h.municipality_code, h.household_number FROM unnest($1::text[], $2::text[]) AS k(m, n) CROSS JOIN LATERAL (
    SELECT municipality_code, household_number FROM resident r WHERE (r.municipality_code, r.resident_number) = (k.m, k.n)
    UNION ALL
    SELECT municipality_code, household_number FROM resident_history r WHERE (r.municipality_code, r.resident_number) = (k.m, k.n)
) AS h ORDER BY 1, 2
"""


async def households_of(raw: Connection[Any], people: Collection[tuple[str, str]]) -> list[Household]:
    """Every household that these people live in, have lived in, or were once believed to."""
    rows = await raw.fetch(_HOUSEHOLDS_OF, [code for code, _ in people], [number for _, number in people])
    return [(row[0], row[1]) for row in rows]
