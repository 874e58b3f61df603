"""COPY BINARY as numpy records: through a real table every value comes back, and what does not fit is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
import pytest
from asyncpg import Connection
from chassis.binary_copy import Records, copy_in, copy_out, decode, encode
from chassis.law import day_number
from chassis.testing import Databases
from hypothesis import given, settings
from hypothesis import strategies as st

COLUMNS: dict[str, tuple[str, Any]] = {
    "big": ("bigint", np.int64),
    "whole": ("integer", np.int32),
    "small": ("smallint", np.int16),
    "flag": ("boolean", np.bool_),
    "day": ("date", np.int32),
    "person": ("uuid", "S16"),
    "code": ("text", "S6"),
}
DTYPE = np.dtype([(name, kind) for name, (_, kind) in COLUMNS.items()])
TABLE = ", ".join(f"{name} {sql} NOT NULL" for name, (sql, _) in COLUMNS.items())
NAMES = ", ".join(COLUMNS)


def _signed(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


ROWS = st.lists(
    st.tuples(
        _signed(64),
        _signed(32),
        _signed(16),
        st.booleans(),
        st.dates(date(1900, 1, 1)).map(day_number),
        st.uuids().map(lambda found: found.bytes) | st.just(bytes(16)) | st.just(b"\1" + bytes(15)),
        st.text("0123456789", min_size=6, max_size=6).map(str.encode),
    ),
    max_size=30,
)


@asynccontextmanager
async def _table(databases: Databases) -> AsyncIterator[Connection[Any]]:
    database = await databases("collection", Path("services/collection"))
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(f"CREATE TABLE copied (line bigint GENERATED ALWAYS AS IDENTITY, {TABLE})")
        yield connection
    finally:
        await connection.close()


def _records(rows: list[tuple[Any, ...]]) -> Records:
    return np.array(rows, DTYPE)


async def test_every_value_of_every_column_type_comes_back_from_a_real_table(databases: Databases) -> None:
    async with _table(databases) as connection:
        loop = asyncio.get_running_loop()

        async def there_and_back(records: Records) -> Records:
            await connection.execute("TRUNCATE copied")
            await copy_in(connection, "copied", records, rows_at_once=7)
            return await copy_out(connection, f"SELECT {NAMES} FROM copied ORDER BY line", DTYPE)

        @settings(max_examples=60)
        @given(ROWS)
        def holds(rows: list[tuple[Any, ...]]) -> None:
            records = _records(rows)
            found = asyncio.run_coroutine_threadsafe(there_and_back(records), loop).result(30)
            assert found.tobytes() == records.tobytes()

        await asyncio.to_thread(holds)


async def test_what_was_copied_in_is_what_sql_sees(databases: Databases) -> None:
    async with _table(databases) as connection:
        person = UUID("00000000-0000-7000-8000-000000000100")
        rows = [(2**62, -(2**31), -1, True, day_number(date(2026, 7, 13)), person.bytes, b"131016")]
        await copy_in(connection, "copied", _records(rows))

        row = await connection.fetchrow(f"SELECT {NAMES} FROM copied")

        assert row is not None
        assert tuple(row) == (2**62, -(2**31), -1, True, date(2026, 7, 13), person, "131016")


async def test_a_null_is_refused_and_never_read_as_a_number(databases: Databases) -> None:
    async with _table(databases) as connection:
        query = "SELECT CASE n WHEN 2 THEN NULL ELSE n END FROM generate_series(1, 3) AS n"
        with pytest.raises(ValueError, match="null or of another width"):
            await copy_out(connection, query, np.dtype([("n", np.int32)]))
        with pytest.raises(ValueError, match="null"):
            await copy_out(connection, "SELECT NULL::int", np.dtype([("n", np.int32)]))


@pytest.mark.parametrize(
    ("query", "kind"),
    [("SELECT 1::bigint", np.int32), ("SELECT 1::integer", np.int64), ("SELECT '13101'::text", "S6"), ("SELECT 1::int, 2::int", np.int32)],
    ids=["wider", "narrower", "shorter text", "one column more"],
)
async def test_a_column_of_another_width_is_refused(databases: Databases, query: str, kind: Any) -> None:
    async with _table(databases) as connection:
        with pytest.raises(ValueError, match=r"width|wide|columns"):
            await copy_out(connection, query, np.dtype([("n", kind)]))


async def test_two_columns_whose_widths_only_add_up_are_refused(databases: Databases) -> None:
    """bigint + integer is as long as integer + bigint: the lengths of each field are looked at, not the length of the row."""
    async with _table(databases) as connection:
        with pytest.raises(ValueError, match="Column a"):
            await copy_out(connection, "SELECT 1::bigint, 2::integer", np.dtype([("a", np.int32), ("b", np.int64)]))


def test_a_stream_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not a COPY"):
        decode(b"no signature at all, whatever follows", np.dtype([("n", np.int32)]))


def test_no_rows_are_a_stream_too() -> None:
    assert len(decode(encode(_records([])), DTYPE)) == 0
