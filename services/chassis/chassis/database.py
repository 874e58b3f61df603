"""The database of a service: engine, raw driver for COPY, migrations."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util.concurrency import greenlet_spawn

CONNECTIONS: Final = 15
"""Of one process. They are kept: one that is opened for a moment and closed again costs more than the statements on it."""
PROVEN_SECONDS: Final = 5.0
"""A connection that was used so recently is not asked whether it still lives: asking takes three exchanges with the database."""


def dialect_url(url: str) -> str:
    """A postgresql:// URL as SQLAlchemy wants it for asyncpg."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def create_engine(url: str) -> AsyncEngine:
    """The one engine of a process. Connections that a restarted database has closed are replaced when the next one is taken."""
    engine = create_async_engine(dialect_url(url), pool_size=CONNECTIONS, max_overflow=0, pool_recycle=1800)
    dialect = engine.sync_engine.dialect

    @event.listens_for(engine.sync_engine, "checkout")
    def proven(connection: Any, record: Any, proxy: Any) -> None:
        idle = time.monotonic() - record.info.get("used", time.monotonic())
        if connection.driver_connection.is_closed() or (idle > PROVEN_SECONDS and not _answers(connection)):
            raise InvalidatePoolError("The database has closed its connections.")

    def _answers(connection: Any) -> bool:
        try:
            return dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection, None):
                return False
            raise

    @event.listens_for(engine.sync_engine, "checkin")
    def used(connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    return engine


async def driver(connection: AsyncConnection) -> asyncpg.Connection[Any]:
    """The asyncpg connection under a SQLAlchemy one, inside the same transaction: for COPY and array parameters."""
    found = driver_under(connection)
    if not found.is_in_transaction():
        # SQLAlchemy begins lazily, at its first own statement; without this the raw statements would commit one by one.
        await connection.execute(text("SELECT 1"))
    return found


async def let_finish(connection: asyncpg.Connection[Any], lock: int) -> None:
    """Wait for the transactions that hold an advisory lock now, and keep nothing: whatever reads afterwards sees what they have written."""
    await connection.execute(f"SELECT pg_advisory_lock({lock})")
    await connection.execute(f"SELECT pg_advisory_unlock({lock})")


def driver_under(connection: AsyncConnection) -> asyncpg.Connection[Any]:
    """The asyncpg connection under a SQLAlchemy one that is open, in whatever transaction it is."""
    assert connection.sync_connection is not None
    found = connection.sync_connection.connection.driver_connection
    assert isinstance(found, asyncpg.Connection)
    return found


@asynccontextmanager
async def borrowed(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection of the pool outside of any transaction, for a single statement: each is a transaction of its own.

    The whole of SQLAlchemy's connection costs more than such a statement.
    """
    kept = await engine.raw_connection()
    try:
        found = kept.driver_connection
        assert isinstance(found, asyncpg.Connection)
        yield found
    finally:
        await greenlet_spawn(kept.close)


async def copy_in(connection: AsyncConnection, table: str, columns: Sequence[str], records: Sequence[tuple[object, ...]]) -> None:
    """COPY tuples into a table, inside the transaction of the connection."""
    await (await driver(connection)).copy_records_to_table(table, records=records, columns=list(columns))


async def migrate(owner_url: str, service_root: Path) -> None:
    """Bring a database up to date: the chassis branch, then the service's own versions (both numbered, both Alembic)."""
    from alembic import command
    from alembic.config import Config

    chassis = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(chassis))
    config.set_main_option("path_separator", "os")
    own = service_root / "migrations" / "versions"
    config.set_main_option("version_locations", f"{chassis / 'versions'}:{own}" if own.is_dir() else str(chassis / "versions"))

    engine = create_async_engine(dialect_url(owner_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # Two services never share a database, but two replicas may start at once: one migrates, the other waits.
            await connection.execute(text("SELECT pg_advisory_xact_lock(4706957)"))
            await connection.run_sync(_upgrade, config, command)
    finally:
        await engine.dispose()


def _upgrade(connection: Any, config: Any, command: Any) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
