"""What people search by: kept at once for single changes, and within seconds after a sealed batch (infra/decisions/0010)."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store.bulk import LARGE, keys_of

PEOPLE_AT_A_TIME: Final = 20_000
_RESIDENTS = """
SELECT r.municipality_code, r.resident_number, r.household_number, kana_key(r.name_kana), r.born_on, r.acquires_on FROM resident r
"""
_KEEP_RESIDENTS = f"""
INSERT INTO resident_search AS s
{_RESIDENTS} JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (r.municipality_code, r.resident_number) = (k.m, k.n)
ON CONFLICT (municipality_code, resident_number) DO UPDATE
SET household_number = excluded.household_number, kana_key = excluded.kana_key, born_on = excluded.born_on,
    acquires_on = excluded.acquires_on
WHERE (s.household_number, s.kana_key, s.born_on, s.acquires_on)
    IS DISTINCT FROM (excluded.household_number, excluded.kana_key, excluded.born_on, excluded.acquires_on)
"""
_KEEP_NUMBERS = """
INSERT INTO insured_number_search (municipality_code, resident_number, insured_number, ordinal)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[]) AS k(m, n, number, ordinal)
WHERE NOT EXISTS (
    SELECT FROM carried_number c
    WHERE (c.insured_number, c.municipality_code, c.resident_number, c.ordinal) = (k.number, k.m, k.n, k.ordinal))
"""
_TAKE = "SELECT id, municipality_code, first_number, last_number FROM search_due ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
# A row that is there already was written by a single change, which is newer than what these statements have read.
_FOLLOW_RESIDENTS = f"""
INSERT INTO resident_search {_RESIDENTS}
WHERE r.municipality_code = $1 AND r.resident_number BETWEEN $2 AND $3 ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""
_FOLLOW_NUMBERS = """
INSERT INTO insured_number_search (insured_number, municipality_code, resident_number, ordinal)
SELECT q.insured_number, q.municipality_code, q.resident_number, q.ordinal FROM qualification q
WHERE q.municipality_code = $1 AND q.resident_number BETWEEN $2 AND $3 AND NOT EXISTS (
    SELECT FROM carried_number c WHERE (c.insured_number, c.municipality_code, c.resident_number, c.ordinal)
        = (q.insured_number, q.municipality_code, q.resident_number, q.ordinal))
ORDER BY 1 ON CONFLICT (insured_number, municipality_code, resident_number, ordinal) DO NOTHING
"""


async def follow_residents(raw: asyncpg.Connection[Any], residents: pl.DataFrame) -> None:
    """Make residents searchable: a few at once, many by a note for the worker."""
    if residents.height > LARGE:
        await _note(raw, residents)
    elif residents.height:
        await raw.execute(_KEEP_RESIDENTS, *keys_of(residents))


async def follow_numbers(raw: asyncpg.Connection[Any], qualifications: pl.DataFrame) -> None:
    """Make new numbers searchable, but for those that are carried on; one that another person holds is refused by the table."""
    if qualifications.height > LARGE:
        await _note(raw, qualifications)
    elif qualifications.height:
        numbers, ordinals = qualifications["insured_number"].to_list(), qualifications["ordinal"].to_list()
        await raw.execute(_KEEP_NUMBERS, *keys_of(qualifications), numbers, ordinals)


async def _note(raw: asyncpg.Connection[Any], people: pl.DataFrame) -> None:
    parts = []
    for start in range(0, people.height, PEOPLE_AT_A_TIME):
        for (code,), part in people.slice(start, PEOPLE_AT_A_TIME).group_by("municipality_code", maintain_order=True):
            parts.append((code, part["resident_number"].min(), part["resident_number"].max()))
    await raw.copy_records_to_table("search_due", records=parts, columns=["municipality_code", "first_number", "last_number"])


async def follow_one_part(uow: UnitOfWork) -> bool:
    """Make one part of a loaded batch searchable; False when nothing is due. Any replica may take any part, in any order."""
    raw = await driver(uow.connection)
    part = await raw.fetchrow(_TAKE)
    if part is None:
        return False
    between = part["municipality_code"], part["first_number"], part["last_number"]
    await raw.execute(_FOLLOW_RESIDENTS, *between)
    await raw.execute(_FOLLOW_NUMBERS, *between)
    await raw.execute("DELETE FROM search_due WHERE id = $1", part["id"])
    return True
