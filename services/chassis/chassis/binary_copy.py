"""PostgreSQL's COPY BINARY as numpy records, both ways, without a loop over rows.

A row of fixed-width NOT NULL columns is a big-endian record: field count, then for each field its length and its bytes. So a whole
table is one `np.frombuffer` and one `tobytes`. It holds for bigint, integer, smallint, boolean, date, uuid and text of one length.
Source: PostgreSQL documentation, COPY, "Binary Format".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
import numpy.typing as npt

from chassis.law.days import day_number

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"

Records = npt.NDArray[np.void]


def wire_dtype(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    """The record of a COPY row for a structured dtype of host-order columns ('S16' is a uuid, 'S6' a text of six bytes)."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name in dtype.names or ():
        column = dtype[name]
        wire = {"S": f"S{column.itemsize}", "b": "?"}.get(column.kind, f">{column.kind}{column.itemsize}")
        fields += [(f"length_{name}", ">i4"), (name, wire)]
    return np.dtype(fields)


def column_ddl(dtype: np.dtype[np.void], *, days: Collection[str]) -> str:
    """The columns of a table that holds records of `dtype`, for a migration: one source for both. `days` are the columns of days."""
    return ",\n    ".join(f"{name} {'date' if name in days else _sql_type(dtype[name])} NOT NULL" for name in dtype.names or ())


def _sql_type(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "S":
        return "uuid" if dtype.itemsize == 16 else f"char({dtype.itemsize})"
    return {"i8": "bigint", "i4": "integer", "i2": "smallint", "b1": "boolean"}[f"{dtype.kind}{dtype.itemsize}"]


def encode(records: Records) -> bytes:
    """The COPY BINARY stream of host-order records."""
    return _SIGNATURE + to_wire(records).tobytes() + _TRAILER


def to_wire(records: Records) -> Records:
    """Host-order records as COPY rows."""
    wire = np.empty(len(records), wire_dtype(records.dtype))
    names = records.dtype.names or ()
    wire["fields"] = len(names)
    for name in names:
        wire[f"length_{name}"] = records.dtype[name].itemsize
        wire[name] = records[name]
    return wire


def decode(stream: bytes | memoryview, dtype: np.dtype[np.void]) -> Records:
    """Host-order records from a COPY BINARY stream. ValueError when a field is null or of another width than `dtype` says."""
    row = wire_dtype(dtype)
    body = memoryview(stream)[len(_SIGNATURE) : -len(_TRAILER)]
    if bytes(stream[:11]) != _SIGNATURE[:11] or len(body) % row.itemsize:
        raise ValueError("The stream is not a COPY of these columns: a column is null or of another width.")
    wire = np.frombuffer(body, row)
    names = dtype.names or ()
    if len(wire) and not (wire["fields"] == len(names)).all():
        raise ValueError(f"The rows do not have {len(names)} columns each.")
    records = np.empty(len(wire), dtype)
    for name in names:
        width = dtype[name].itemsize
        if not (wire[f"length_{name}"] == width).all():
            raise ValueError(f"Column {name} is null or not {width} bytes wide somewhere.")
        records[name] = wire[name]
    return records


async def copy_out(connection: asyncpg.Connection[Any], query: str, dtype: np.dtype[np.void], *arguments: object) -> Records:
    """The rows of a query whose columns are those of `dtype`, in order."""
    chunks: list[bytes] = []

    async def keep(chunk: bytes) -> None:
        chunks.append(bytes(chunk))

    await connection.copy_from_query(query, *arguments, output=keep, format="binary")
    return decode(b"".join(chunks), dtype)


async def fetch_records(connection: asyncpg.Connection[Any], query: str, dtype: np.dtype[np.void], *arguments: object) -> Records:
    """The same as `copy_out`, for a few rows: a prepared statement keeps its plan, where a COPY is planned anew each time."""
    rows = await connection.fetch(query, *arguments)
    records = np.zeros(len(rows), dtype)
    for name in dtype.names or ():
        records[name] = [_plain(row[name]) for row in rows]
    return records


def _plain(value: Any) -> Any:
    """A value of asyncpg as it stands in a record."""
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, date):
        return day_number(None if value == date.max else value)
    if value is None:
        raise ValueError("A column is null: records have none.")
    return value


async def made_ahead(make: Callable[[int], bytes], rows: int, rows_at_once: int) -> AsyncIterator[bytes]:
    """What `make` gives for the rows from each start on, in order: a part is made, in a thread, while the server takes the one before."""
    ahead: asyncio.Task[bytes] | None = None
    for start in range(0, rows, rows_at_once):
        begun = asyncio.create_task(asyncio.to_thread(make, start))
        if ahead is not None:
            yield await ahead
        ahead = begun
    if ahead is not None:
        yield await ahead


async def copy_in(connection: asyncpg.Connection[Any], table: str, records: Records, *, rows_at_once: int = 16_384) -> None:
    """Append records to a table; their field names are its columns."""

    def part(start: int) -> bytes:
        return to_wire(records[start : start + rows_at_once]).tobytes()

    async def stream() -> AsyncIterator[bytes]:
        yield _SIGNATURE
        if len(records) <= rows_at_once:
            yield part(0)
        else:
            async for made in made_ahead(part, len(records), rows_at_once):
                yield made
        yield _TRAILER

    await connection.copy_to_table(table, source=stream(), columns=list(records.dtype.names or ()), format="binary")
