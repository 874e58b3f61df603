"""Who has lived in more than one household within a copay year: their months are judged together, whoever asks for the judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from asyncpg import Connection

from eligibility_service.domain.linked_households import Household, linked
from eligibility_service.rules.copay.period import CopayYear

LIVED: Final = "r.status = '1' AND upper_inf(r.recorded_during) AND upper(r.valid_during) > {start}"
"""A version r of a resident's record, believed now, of somebody who lived there on a day of the year ({start})."""
_MOVERS: Final = f"""
WITH lived AS MATERIALIZED (
    SELECT r.municipality_code AS m, r.resident_number AS n, r.household_number AS h FROM resident_history r WHERE {LIVED}
)
SELECT m, array_agg(DISTINCT h ORDER BY h) AS households FROM (
    SELECT m, n, h FROM lived
    UNION ALL
    SELECT m, n, r.household_number FROM lived JOIN resident r ON (r.municipality_code, r.resident_number) = (m, n) WHERE r.status = '1'
) AS homes
WHERE EXISTS (SELECT FROM qualification q WHERE (q.municipality_code, q.resident_number) = (m, n))
GROUP BY m, n HAVING count(DISTINCT h) > 1
"""
_ELSEWHERE: Final = f"""
WITH wanted(m, h) AS MATERIALIZED (SELECT m, h FROM unnest($1::text[], $2::text[]) AS named(m, h)), people AS MATERIALIZED (
    SELECT r.municipality_code AS m, r.resident_number AS n FROM resident r
    JOIN wanted w ON (w.m, w.h) = (r.municipality_code, r.household_number) {{through}}
    UNION
    SELECT r.municipality_code, r.resident_number FROM resident_history r
    JOIN wanted w ON (w.m, w.h) = (r.municipality_code, r.household_number) WHERE {LIVED}
)
SELECT m, h FROM (
    SELECT p.m, r.household_number AS h FROM people p
    JOIN resident_history r ON (r.municipality_code, r.resident_number) = (p.m, p.n) WHERE {LIVED}
    UNION
    SELECT p.m, r.household_number FROM people p
    JOIN resident r ON (r.municipality_code, r.resident_number) = (p.m, p.n) WHERE r.status = '1'
) AS homes
EXCEPT SELECT m, h FROM wanted
"""
_LINKED: Final = 'CREATE TEMPORARY TABLE linked_household (m text COLLATE "C", h text COLLATE "C", link bigint) ON COMMIT DROP'


async def link(raw: Connection[Any], year: CopayYear) -> bool:
    """Number the households that insured people have moved between within the year in `linked_household`; whether there are any."""
    lived = await raw.fetch(_MOVERS.format(start=_start(year)))
    if not lived:
        return False
    numbers = linked([(row["m"], household) for household in row["households"]] for row in lived)
    await raw.execute(_LINKED)
    await raw.copy_records_to_table("linked_household", records=[(*household, number) for household, number in numbers.items()])
    await raw.execute("ANALYZE linked_household")
    return True


async def lived_elsewhere(raw: Connection[Any], households: Sequence[Household], year: CopayYear, *, through: str) -> list[Household]:
    """The other households in which people of these have lived within the year, or live now. `through`: as in `query_of`."""
    codes, numbers = [code for code, _ in households], [number for _, number in households]
    rows = await raw.fetch(_ELSEWHERE.format(start=_start(year), through=through), codes, numbers)
    return [(row["m"], row["h"]) for row in rows]


def _start(year: CopayYear) -> str:
    return f"'{year.start}'::date"
