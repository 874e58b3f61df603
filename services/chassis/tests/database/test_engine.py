"""The engine's connections: kept, proven when they rested, replaced when the database has closed them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from chassis import database
from chassis.testing import Databases, TestDatabase
from chassis.tokens import Principal
from chassis.unit_of_work import Units
from sqlalchemy import text

ROOT = Path("services/collection")


async def _backend(units: Units) -> int:
    async with units.open() as uow:
        return int((await uow.connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())


async def _end(found: TestDatabase, backend: int) -> None:
    owner = await asyncpg.connect(found.url)
    try:
        await owner.execute("SELECT pg_terminate_backend($1)", backend)
    finally:
        await owner.close()


@pytest.mark.parametrize("proven_seconds", [0.0, 3600.0])
async def test_a_connection_that_the_database_has_closed_is_replaced(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, proven_seconds: float
) -> None:
    """Asked whether it lives, or used a moment ago. Without the look at `is_closed`, the second met a closed connection."""
    monkeypatch.setattr(database, "PROVEN_SECONDS", proven_seconds)
    found = await databases("collection", ROOT)
    async with found.units() as units:
        backend = await _backend(units)
        assert await _backend(units) == backend, "it is kept"
        await _end(found, backend)
        await asyncio.sleep(0.1)
        assert await _backend(units) != backend


@pytest.mark.parametrize("by_the_driver", [False, True])
async def test_a_reader_who_stops_waiting_leaves_nothing_of_its_scope_behind(databases: Databases, by_the_driver: bool) -> None:
    """Without the rollback, whoever came next on the connection read as the window of 131016."""
    found = await databases("collection", ROOT)
    async with found.units() as units:

        async def read() -> None:
            async with units.open(seen_by=Principal("clerk", frozenset(), frozenset({"131016"}))) as uow:
                if by_the_driver:
                    await (await database.driver(uow.connection)).execute("SELECT pg_sleep(30)")
                else:
                    await uow.connection.execute(text("SELECT pg_sleep(30)"))

        reading = asyncio.create_task(read())
        await asyncio.sleep(0.2)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        async with units.open() as uow:
            row = (await uow.connection.execute(text("SELECT current_user, current_setting('koki.scope', true) AS scope"))).one()
        assert (row.current_user, row.scope or "") == ("collection_app", "")


async def test_a_borrowed_connection_is_in_no_transaction_and_is_replaced_like_any_other(databases: Databases) -> None:
    """Seen to fail with the look at `is_closed` taken out, and with a connection that had begun a transaction."""
    found = await databases("collection", ROOT)
    async with found.units() as units:
        async with database.borrowed(units.engine) as connection:
            backend = await connection.fetchval("SELECT pg_backend_pid()")
            assert not connection.is_in_transaction()
        async with database.borrowed(units.engine) as connection:
            assert await connection.fetchval("SELECT pg_backend_pid()") == backend, "it is kept"
        await _end(found, backend)
        await asyncio.sleep(0.1)
        async with database.borrowed(units.engine) as connection:
            assert await connection.fetchval("SELECT pg_backend_pid()") != backend
