"""The mirror of residents: the present record of each, and every earlier version in two times (infra/decisions/0010)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.records import KEY, RECORD
from eligibility_service.domain.residence import Residence
from eligibility_service.store import search
from eligibility_service.store.bulk import LARGE, copy_frame, frame_of, keys_of, literal_time

POSITIONS: Final = """
SELECT r.municipality_code || ':' || r.resident_number AS position, r.sequence FROM resident r
JOIN (SELECT split_part(p, ':', 1) AS m, split_part(p, ':', 2) AS n FROM unnest($1::text[]) AS p) AS asked
  ON (r.municipality_code, r.resident_number) = (asked.m, asked.n)
ORDER BY r.municipality_code, r.resident_number FOR UPDATE OF r
"""
"""The position of each resident's stream is the sequence of the present record: no second table counts it."""

_KNOWN: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "known_sequence": pl.Int32(),
    "known_since": pl.Datetime("us", "UTC"),
    "known_household": pl.String(),
    "known_sex": pl.String(),
    "known_birth": pl.Date(),
}
_KNOWN_COLUMNS = "r.municipality_code, r.resident_number, r.sequence, r.recorded_from, r.household_number, r.sex, r.born_on"
_KNOWN_FEW = f"""
SELECT {_KNOWN_COLUMNS} FROM resident r JOIN unnest($1::text[], $2::text[]) AS k(m, n)
  ON (r.municipality_code, r.resident_number) = (k.m, k.n)
ORDER BY r.municipality_code, r.resident_number FOR UPDATE OF r
"""
_KNOWN_ALL = f"SELECT {_KNOWN_COLUMNS} FROM resident r WHERE r.municipality_code = ANY ($1::text[])"

_COLUMNS = ", ".join(RECORD)
_OLD = ", ".join(f"r.{name}" for name in RECORD)
_SET = ", ".join(f"{name} = i.{name}" for name in RECORD if name not in KEY)
_INCOMING = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_resident ON COMMIT DELETE ROWS AS
SELECT r.*, NULL::timestamptz AS known_at FROM resident r WITH NO DATA
"""
# What was believed about days from the change on is known no more; what was believed about the days before it still is.
_CUT_BELIEVED = f"""
WITH cut AS (
    UPDATE resident_history r SET recorded_during = tstzrange(lower(r.recorded_during), i.recorded_from)
    FROM incoming_resident i
    WHERE (r.municipality_code, r.resident_number) = (i.municipality_code, i.resident_number)
      AND upper_inf(r.recorded_during) AND upper(r.valid_during) > i.changed_on
    RETURNING {_OLD}, daterange(lower(r.valid_during), GREATEST(lower(r.valid_during), i.changed_on)) AS still_valid, i.recorded_from
)
INSERT INTO resident_history ({_COLUMNS}, valid_during, recorded_during)
SELECT {_OLD}, r.still_valid, tstzrange(r.recorded_from, NULL) FROM cut r WHERE NOT isempty(r.still_valid)
"""
_SUPERSEDE = f"""
INSERT INTO resident_history ({_COLUMNS}, valid_during, recorded_during)
SELECT {_OLD}, daterange(r.changed_on, NULL), tstzrange(r.recorded_from, i.recorded_from)
FROM resident r JOIN incoming_resident i USING (municipality_code, resident_number)
UNION ALL
SELECT {_OLD}, daterange(r.changed_on, i.changed_on), tstzrange(i.recorded_from, NULL)
FROM resident r JOIN incoming_resident i USING (municipality_code, resident_number) WHERE r.changed_on < i.changed_on
"""
_REPLACE = f"""
UPDATE resident r SET {_SET}, acquires_on = i.acquires_on, recorded_from = i.recorded_from FROM incoming_resident i
WHERE (r.municipality_code, r.resident_number) = (i.municipality_code, i.resident_number)
"""
_ENDED_BEFORE = """
SELECT DISTINCT h.municipality_code, h.resident_number, h.sequence, h.resident_since,
       CASE WHEN h.status <> '1' THEN COALESCE(h.ended_on, h.changed_on) END, h.status
FROM resident_history h JOIN (
    SELECT k.m, k.n FROM unnest($1::text[], $2::text[]) AS k(m, n) WHERE EXISTS (
        SELECT FROM resident_history e WHERE (e.municipality_code, e.resident_number) = (k.m, k.n) AND e.status <> '1')
) AS left_once ON (h.municipality_code, h.resident_number) = (left_once.m, left_once.n)
ORDER BY 1, 2, 3
"""

_PRESENT: Final = f"""
SELECT {_OLD} FROM resident r JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (r.municipality_code, r.resident_number) = (k.m, k.n)
ORDER BY municipality_code, resident_number FOR UPDATE OF r
"""
COMING_PARTS: Final = """
SELECT min(key COLLATE "C") AS first, max(key COLLATE "C") AS last, count(*) AS records FROM (
    SELECT municipality_code || ':' || resident_number AS key,
           (row_number() OVER (ORDER BY municipality_code, resident_number) - 1) / $2 AS part
    FROM resident_search WHERE acquires_on <= $1) AS numbered
GROUP BY part ORDER BY part
"""
"""Residents whose day of acquisition has come ($1: today), in parts of $2 people."""

Person = tuple[str, str]


async def keep_apart(uow: UnitOfWork, municipalities: list[str], *, alone: bool, beside: Collection[str] = ()) -> None:
    """Let single changes of a municipality go on beside each other, but not beside a batch of it (`alone`).

    `beside`: further municipalities in which the people may be linked with somebody. All in one order, so that two never wait for
    each other.
    """
    raw = await driver(uow.connection)
    every = sorted({*municipalities, *beside})
    await raw.execute(
        """SELECT CASE WHEN alone THEN pg_advisory_xact_lock(hashtext('resident:' || code))
                       ELSE pg_advisory_xact_lock_shared(hashtext('resident:' || code)) END
        FROM unnest($1::text[], $2::boolean[]) AS wanted(code, alone)""",
        every,
        [alone and code in municipalities for code in every],
    )


async def accept(uow: UnitOfWork, records: pl.DataFrame, turn: int) -> pl.DataFrame:
    """The records that say something new, with the columns `known_…` (null for a new resident) and, for the known, `recorded_from`.

    A record whose sequence is not above the known one was seen before. Each turn is a knowledge of its own, one microsecond later.
    """
    raw = await driver(uow.connection)
    if records.height > LARGE:
        rows = await raw.fetch(_KNOWN_ALL, records["municipality_code"].unique().to_list())
    else:
        rows = await raw.fetch(_KNOWN_FEW, *keys_of(records))
    known = frame_of(rows, _KNOWN)
    if not rows:
        return records.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in _KNOWN.items() if name not in KEY)
    now = uow.now + timedelta(microseconds=turn)
    return (
        records.join(known, on=KEY, how="left", maintain_order="left")
        .filter(pl.col("known_sequence").is_null() | (pl.col("sequence") > pl.col("known_sequence")))
        .with_columns(recorded_from=pl.max_horizontal(literal_time(now), pl.col("known_since") + pl.duration(microseconds=1)))
    )


async def add(uow: UnitOfWork, residents: pl.DataFrame) -> None:
    """Residents that were not known before, by COPY; `residents` has the columns of RECORD and acquires_on."""
    raw = await driver(uow.connection)
    await copy_frame(raw, "resident", residents, [*RECORD, "acquires_on"])  # known from the time of this transaction on
    await search.follow_residents(raw, residents)


async def replace(uow: UnitOfWork, residents: pl.DataFrame) -> None:
    """Newer records of known residents: the old ones stay in the history, closed in both times."""
    if residents.height == 0:
        return
    raw = await driver(uow.connection)
    await raw.execute(_INCOMING)
    await raw.execute("TRUNCATE incoming_resident")
    await copy_frame(raw, "incoming_resident", residents, [*RECORD, "acquires_on", "recorded_from"])
    if residents.height > LARGE:
        await raw.execute("ANALYZE incoming_resident")
    await raw.execute(_CUT_BELIEVED)
    await raw.execute(_SUPERSEDE)
    await raw.execute(_REPLACE)
    await search.follow_residents(raw, residents)


async def said_of_those_who_left(uow: UnitOfWork, people: pl.DataFrame) -> dict[Person, list[Residence]]:
    """For each of `people` who has left before: what the earlier records said of the residence, in their order."""
    raw = await driver(uow.connection)
    said: dict[Person, list[Residence]] = {}
    for code, number, _, since, ended_on, status in await raw.fetch(_ENDED_BEFORE, *keys_of(people)):
        said.setdefault((code, number), []).append(Residence(since, ended_on, status))
    return said


async def take_coming(uow: UnitOfWork, *, today: date, first: str, last: str) -> pl.DataFrame:
    """Residents whose day of acquisition has come, from key `first` to `last` (code:number), locked; RECORD and effective_on."""
    raw = await driver(uow.connection)
    codes = await raw.fetch("SELECT DISTINCT municipality_code FROM resident_search WHERE acquires_on <= $1", today)
    await keep_apart(uow, [row["municipality_code"] for row in codes], alone=False)
    rows = await raw.fetch(
        f"""SELECT {_OLD}, s.acquires_on FROM resident_search s JOIN resident r USING (municipality_code, resident_number)
        WHERE s.acquires_on <= $1 AND (municipality_code || ':' || resident_number) COLLATE "C" BETWEEN $2 AND $3
        ORDER BY municipality_code, resident_number FOR UPDATE OF r""",
        today,
        first,
        last,
    )
    return frame_of(rows, {**RECORD, "effective_on": pl.Date()})


async def present(uow: UnitOfWork, people: list[Person]) -> pl.DataFrame:
    """The present records (RECORD) of these people, locked; for people whose municipalities are kept apart already."""
    rows = await (await driver(uow.connection)).fetch(_PRESENT, [code for code, _ in people], [number for _, number in people])
    return frame_of(rows, RECORD)


async def known(uow: UnitOfWork, people: list[Person]) -> pl.DataFrame:
    """The present records (RECORD) of these people, locked, while no batch of their municipalities goes on; unknown ones are missing."""
    await keep_apart(uow, sorted({code for code, _ in people}), alone=False)
    return await present(uow, people)


async def set_coming(uow: UnitOfWork, people: pl.DataFrame) -> None:
    """Write `acquires_on` of people anew after a decision."""
    raw = await driver(uow.connection)
    for table in ("resident", "resident_search"):
        await raw.execute(
            f"""UPDATE {table} r SET acquires_on = k.day FROM unnest($1::text[], $2::text[], $3::date[]) AS k(m, n, day)
            WHERE (r.municipality_code, r.resident_number) = (k.m, k.n)""",
            *keys_of(people),
            people["acquires_on"].to_list(),
        )
