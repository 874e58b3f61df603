"""固定した対象者: the people behind every decision of a fiscal year that was in force on a day, with all their columns, kept as Parquet.

What-if runs read these files alone: the same population gives the same result for ever, whatever is decided meanwhile.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import obstore
import polars as pl
from asyncpg import Connection
from chassis.binary_copy import Records, copy_out
from obstore.store import ObjectStore
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from premium_service.domain.records import INPUT_DTYPE
from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE, Households
from premium_service.store.members import NOBODY

CHUNK_HOUSEHOLDS = 100_000
DECIDED = "decided_"
"""Before the name of a column of the decision in force."""
POPULATION_DTYPE = np.dtype(
    [
        *((name, INPUT_DTYPE[name]) for name in INPUT_DTYPE.names or ()),
        ("assessment_id", "S16"),
        ("revision", np.int16),
        ("decided_on", np.int32),
        *((f"{DECIDED}{name}", ASSESSMENT_DTYPE[name]) for name in ASSESSMENT_DTYPE.names or ()),
    ]
)
"""A member of a household as it was decided on; who is only counted for it has zeros in the columns of the decision."""
Columns = Mapping[str, npt.NDArray[Any]]


class NoSuchPopulation(LookupError):
    """There is no population of that id, or it is not complete yet."""


_IN_FORCE = """
CREATE TEMPORARY TABLE in_force ON COMMIT DROP AS
SELECT dense_rank() OVER (ORDER BY a.run_id, a.household) AS number, a.*
FROM (SELECT DISTINCT ON (insured_id) insured_id, revision, run_id, household, annual_amount FROM assessment
      WHERE fiscal_year = {year} AND decided_on <= '{known_on}'::date ORDER BY insured_id, revision DESC) AS a
"""
_ROWS = """
SELECT {columns} FROM (SELECT DISTINCT number, run_id, household FROM in_force WHERE number BETWEEN {first} AND {last}) AS h
JOIN assessment_input i ON i.run_id = h.run_id AND i.household = h.household
LEFT JOIN in_force f ON f.number = h.number AND f.insured_id = i.insured_id
LEFT JOIN assessment a ON a.insured_id = f.insured_id AND a.fiscal_year = {year} AND a.revision = f.revision
ORDER BY h.number, i.is_head DESC, i.member
"""


async def take(raw: Connection[Any], fiscal_year: int, known_on: date) -> tuple[int, int, int]:
    """Fix who is in the population, until the transaction ends; (households, people, yen)."""
    await raw.execute(_IN_FORCE.format(year=fiscal_year, known_on=known_on))
    await raw.execute("CREATE INDEX ON in_force (number)")
    await raw.execute("ANALYZE in_force")
    row = await raw.fetchrow(
        "SELECT coalesce(max(number), 0) AS n, count(*) AS people, coalesce(sum(annual_amount), 0) AS yen FROM in_force"
    )
    return int(row["n"]), int(row["people"]), int(row["yen"])


async def taken(raw: Connection[Any], fiscal_year: int, first: int, last: int) -> Records:
    """POPULATION_DTYPE rows of the households `first` to `last` of what was taken."""
    given = {"household": "h.number", "is_assessed": "f.insured_id IS NOT NULL"}
    given |= {
        "assessment_id": f"coalesce(a.assessment_id, '{NOBODY}'::uuid)",
        "revision": "coalesce(a.revision, 0::smallint)",
        "decided_on": "coalesce(a.decided_on, 'infinity')",
    }
    given |= {f"{DECIDED}{name}": _or_nothing(name) for name in ASSESSMENT_DTYPE.names or ()}
    columns = ", ".join(f"{given.get(name, f'i.{name}')} AS {name}" for name in POPULATION_DTYPE.names or ())
    return await copy_out(raw, _ROWS.format(columns=columns, first=first, last=last, year=fiscal_year), POPULATION_DTYPE)


def _or_nothing(name: str) -> str:
    kind = ASSESSMENT_DTYPE[name]
    nothing = {"b": "false", "i2": "0::smallint"}.get("b" if kind.kind == "b" else f"i{kind.itemsize}", "0")
    return f"coalesce(a.{name}, {nothing})"


async def keep(store: ObjectStore, population_id: UUID, number: int, records: Records) -> str:
    """Write a chunk; returns its SHA-256, which is that of the columns and not of the file."""
    frame = pl.DataFrame({name: _series(records[name]) for name in records.dtype.names or ()})
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1)
    await obstore.put_async(store, _key(population_id, number), buffer.getvalue())
    digest = hashlib.sha256()
    for name in records.dtype.names or ():
        digest.update(np.ascontiguousarray(records[name]).tobytes())
    return digest.hexdigest()


def _series(column: npt.NDArray[Any]) -> pl.Series:
    if column.dtype.kind != "S":
        return pl.Series(np.ascontiguousarray(column))
    width = column.dtype.itemsize
    raw = np.ascontiguousarray(column).tobytes()
    return pl.Series([raw[start : start + width] for start in range(0, len(raw), width)], dtype=pl.Binary)


def _key(population_id: UUID, number: int) -> str:
    return f"premium/populations/{population_id}/{number:05}.parquet"


async def chunks(store: ObjectStore, population: Mapping[str, Any], names: list[str] | None = None) -> AsyncIterator[Columns]:
    """The columns of each chunk of a complete population, in order; `names` reads some of them alone."""
    for number in range(1, int(population["chunks"]) + 1):
        content = await obstore.get_async(store, _key(population["population_id"], number))
        frame = pl.read_parquet(io.BytesIO(bytes(await content.bytes_async())), columns=names)
        yield {name: _column(frame[name], POPULATION_DTYPE[name]) for name in frame.columns}


def _column(series: pl.Series, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.array(series.to_list(), dtype) if dtype.kind == "S" else series.to_numpy().astype(dtype, copy=False)


def members_of(columns: Columns) -> Households:
    """The members of a chunk as the rules take them."""
    return Households(**{name: columns[name] for name in MEMBER_DTYPE.names or ()})


MEMBER_COLUMNS = [*(MEMBER_DTYPE.names or ()), "municipality_code"]


async def register(
    connection: AsyncConnection,
    population_id: UUID,
    *,
    name: str,
    source: str,
    fiscal_year: int,
    known_on: date | None,
    by: str,
    at: datetime,
    key: str,
) -> None:
    """A population that somebody asked for; `key` is that of the form, so that a second press makes no second one."""
    values = {"id": population_id, "name": name, "source": source, "year": fiscal_year, "known": known_on, "by": by, "at": at, "key": key}
    await connection.execute(_REGISTER, values)


async def find_by_key(connection: AsyncConnection, key: str) -> UUID | None:
    """The population that a form has already asked for."""
    found: UUID | None = (await connection.execute(_BY_KEY, {"key": key})).scalar_one_or_none()
    return found


async def complete(
    connection: AsyncConnection, population_id: UUID, *, chunks: int, people: int, annual_amount: int, inputs_hash: str
) -> None:
    """It can be used from now on, and never changes again."""
    values = {"id": population_id, "chunks": chunks, "people": people, "yen": annual_amount, "hash": inputs_hash}
    await connection.execute(_COMPLETE, values)


async def listing(connection: AsyncConnection) -> list[dict[str, Any]]:
    """All populations, the newest first, with the state of the run that makes them."""
    return [dict(row) for row in (await connection.execute(_LISTING)).mappings()]


async def get(connection: AsyncConnection, population_id: UUID) -> dict[str, Any]:
    """A complete population. NoSuchPopulation."""
    row = (await connection.execute(_GET, {"id": population_id})).mappings().one_or_none()
    if row is None:
        raise NoSuchPopulation(str(population_id))
    return dict(row)


_REGISTER = text("""
INSERT INTO population (population_id, name, source, fiscal_year, known_on, made_by, made_at, request_key)
VALUES (:id, :name, :source, :year, :known, :by, :at, :key)
""")
_BY_KEY = text("SELECT population_id FROM population WHERE request_key = :key")
_COMPLETE = text("""
UPDATE population SET chunks = :chunks, people = :people, annual_amount = :yen, inputs_hash = :hash
WHERE population_id = :id AND inputs_hash IS NULL
""")
_LISTING = text("""
SELECT p.*, j.state AS run_state, j.result->>'error' AS error FROM population p LEFT JOIN job_run j ON j.id = p.population_id
ORDER BY p.made_at DESC LIMIT 100
""")
_GET = text("SELECT * FROM population WHERE population_id = :id AND inputs_hash IS NOT NULL")


def ranges(households: int) -> Iterator[tuple[int, int, int]]:
    """(chunk, first household, last household)."""
    for chunk, first in enumerate(range(1, households + 1, CHUNK_HOUSEHOLDS), 1):
        yield chunk, first, min(first + CHUNK_HOUSEHOLDS - 1, households)
