"""Decisions: appended, never changed. The last revision of a person and fiscal year is the one in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records, copy_in, copy_out, fetch_records
from chassis.law import NEVER, day_number
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from premium_service.domain.affected import Known
from premium_service.domain.assessing import uuid_of
from premium_service.domain.records import DECISION_DTYPE
from premium_service.rules.columns import ASSESSMENT_DTYPE
from premium_service.store.members import FEW

COMPARED_DTYPE = np.dtype(
    [("insured_id", "S16"), ("revision", np.int16), *((name, ASSESSMENT_DTYPE[name]) for name in ASSESSMENT_DTYPE.names or ())]
)
"""What a new decision is compared with: everything that was decided, not what it was decided from."""

_LATEST = """
SELECT {columns} FROM assessment a
WHERE a.fiscal_year = {year} AND a.insured_id = ANY($1::uuid[])
  AND a.revision = (SELECT max(b.revision) FROM assessment b WHERE b.insured_id = a.insured_id AND b.fiscal_year = a.fiscal_year)
ORDER BY a.insured_id
"""
# By the index of runs, which passes over what the run itself has written so far.
_BY_OTHERS = """
SELECT EXISTS (SELECT FROM assessment WHERE fiscal_year = $1 AND run_id < $2)
    OR EXISTS (SELECT FROM assessment WHERE fiscal_year = $1 AND run_id > $2)
"""
_LATEST_OF_RUN = """
SELECT DISTINCT ON (a.insured_id) {columns} FROM assessment_input i JOIN assessment a ON a.insured_id = i.insured_id
WHERE i.run_id = $1 AND i.household BETWEEN $2 AND $3 AND i.is_assessed AND a.fiscal_year = {year}
ORDER BY a.insured_id, a.revision DESC
"""


async def latest(raw: Connection[Any], insured: Sequence[UUID], fiscal_year: int) -> Records:
    """The decision in force of each, ordered by insured_id; who has none is not in it."""
    columns = ", ".join(f"a.{name}" for name in COMPARED_DTYPE.names or ())
    read = fetch_records if len(insured) <= FEW else copy_out
    return await read(raw, _LATEST.format(columns=columns, year=fiscal_year), COMPARED_DTYPE, list(insured))


async def latest_of_run(raw: Connection[Any], run_id: UUID, first_household: int, last_household: int, fiscal_year: int) -> Records:
    """The same for everyone whom a range of a run's frozen rows assesses."""
    if not await raw.fetchval(_BY_OTHERS, fiscal_year, run_id):
        return np.zeros(0, COMPARED_DTYPE)
    columns = ", ".join(f"a.{name}" for name in COMPARED_DTYPE.names or ())
    query = _LATEST_OF_RUN.format(columns=columns, year=fiscal_year)
    return await copy_out(raw, query, COMPARED_DTYPE, run_id, first_household, last_household)


async def append(raw: Connection[Any], decisions: Records) -> None:
    """Write decisions of DECISION_DTYPE."""
    await copy_in(raw, "assessment", decisions)


async def of_person(connection: AsyncConnection, municipality_code: str, resident_number: str) -> list[Records]:
    """The decisions about a person, newest first, one record array of one row each."""
    rows = await connection.execute(_OF_PERSON, {"m": municipality_code, "r": resident_number})
    return [_record(row) for row in rows.mappings()]


async def by_id(connection: AsyncConnection, assessment_id: UUID) -> Records | None:
    """One decision; None when there is none that the reader may see."""
    row = (await connection.execute(_BY_ID, {"id": assessment_id})).mappings().one_or_none()
    return _record(row) if row else None


async def up_to(connection: AsyncConnection, assessment_id: UUID, since: int | None) -> list[Records]:
    """The decisions of a person and fiscal year from revision `since` (without it, the one before) to this one, in order; one row each.

    Empty when there is none that the reader may see.
    """
    rows = await connection.execute(_UP_TO, {"id": assessment_id, "since": since})
    return [_record(row) for row in rows.mappings()]


async def between(raw: Connection[Any], spans: Sequence[tuple[UUID, int, int]], fiscal_year: int) -> dict[UUID, list[Records]]:
    """The decisions of a fiscal year about people (insured_id, first and last revision), in order, one row each."""
    columns = ", ".join(f"a.{name}" for name in DECISION_DTYPE.names or ())
    query = _BETWEEN.format(columns=columns, year=fiscal_year)
    insured, first, last = (list(column) for column in zip(*spans, strict=True))
    found = await copy_out(raw, query, DECISION_DTYPE, insured, first, last)
    told: dict[UUID, list[Records]] = {}
    for place in range(len(found)):
        told.setdefault(uuid_of(found[place]["insured_id"]), []).append(found[place : place + 1])
    return told


_BETWEEN = """
SELECT {columns} FROM unnest($1::uuid[], $2::int[], $3::int[]) AS k(insured_id, first, last)
JOIN assessment a ON a.insured_id = k.insured_id AND a.fiscal_year = {year} AND a.revision BETWEEN k.first AND k.last
ORDER BY a.insured_id, a.revision
"""


def id_of(record: Records) -> UUID:
    """The identifier of a decision."""
    return UUID(bytes=bytes(record[0]["assessment_id"]).ljust(16, b"\0"))


def _record(row: Any) -> Records:
    made = np.zeros(1, DECISION_DTYPE)
    for name in DECISION_DTYPE.names or ():
        value = row[name]
        if isinstance(value, UUID):
            value = value.bytes
        elif DECISION_DTYPE[name] == np.int32 and hasattr(value, "toordinal"):
            value = _day(value)
        made[name] = value
    return made


def _day(value: Any) -> int:
    return NEVER if value == date.max else day_number(value)


async def letters_of(connection: AsyncConnection, insured: Sequence[str], fiscal_year: int) -> dict[str, Known]:
    """Name, number and every decision of a fiscal year of some people whom the reader may see; insured_id → what is known."""
    rows = await connection.execute(_LETTERS, {"ids": [UUID(value) for value in insured], "year": fiscal_year})
    return {str(row.insured_id): Known(row.name, row.insured_number, tuple(zip(row.decisions, row.days, strict=True))) for row in rows}


_LETTERS = text("""
SELECT i.insured_id, r.name, i.insured_number, array_agg(a.assessment_id ORDER BY a.revision) AS decisions,
       array_agg(a.decided_on ORDER BY a.revision) AS days
FROM insured i JOIN resident r ON r.number = i.resident JOIN assessment a ON a.insured_id = i.insured_id AND a.fiscal_year = :year
WHERE i.insured_id = ANY(:ids) GROUP BY 1, 2, 3
""")
_COLUMNS = ", ".join(f"a.{name}" for name in DECISION_DTYPE.names or ())
_OF_PERSON = text(f"""
SELECT {_COLUMNS} FROM assessment a JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident
WHERE r.municipality_code = :m AND r.resident_number = :r ORDER BY a.fiscal_year DESC, a.revision DESC
""")
_UP_TO = text(f"""
SELECT {_COLUMNS} FROM assessment a JOIN assessment b ON b.assessment_id = :id
WHERE (a.insured_id, a.fiscal_year) = (b.insured_id, b.fiscal_year) AND a.revision <= b.revision
  AND a.revision >= least(coalesce(CAST(:since AS smallint), b.revision - 1), b.revision) ORDER BY a.revision
""")
_BY_ID = text(f"SELECT {_COLUMNS} FROM assessment a WHERE a.assessment_id = :id")
