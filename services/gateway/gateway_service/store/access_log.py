"""The access log: written before anything is shown, many entries in one commit, read by union staff and auditors."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway_service.domain.access_chain import Access, Entry, Verdict, cleaned, verify

_APPEND = text("SELECT append_access_log(:at, :who, :terminal, :action, :about, :result, :detail, :trace)")
_READ = "SELECT number, at, user_name, terminal, action, about, result, detail, trace_id, previous, hash FROM access_log"
_VERIFIED_AT_ONCE = 20_000


class AccessLog:
    """Writes for one process. `write` returns when its entries are committed; whoever waits meanwhile shares the next commit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._waiting: list[tuple[tuple[Access, ...], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, *accesses: Access) -> None:
        """Keep the entries; raises the database's error when they could not be kept, and then nothing may be shown."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((accesses, kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await kept

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            failure: Exception | None = None
            try:
                await self._append([access for accesses, _ in group for access in accesses])
            except Exception as error:  # noqa: BLE001 - whatever it was, each of those who wait must hear of it
                failure = error
            for _, kept in group:
                if not kept.done():
                    kept.set_exception(failure) if failure else kept.set_result(None)

    async def _append(self, accesses: list[Access]) -> None:
        try:
            await self._execute(accesses)
        except (DBAPIError, OSError):
            # The kept connection may have died unseen; a second failure is a real one.
            await self._forget_connection()
            await self._execute(accesses)

    async def _execute(self, accesses: list[Access]) -> None:
        if self._connection is None:
            connection = await self._engine.connect()
            self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await self._connection.execute(
            _APPEND,
            {
                "at": [access.at for access in accesses],
                "who": [cleaned(access.user) for access in accesses],
                "terminal": [cleaned(access.terminal) for access in accesses],
                "action": [access.action for access in accesses],
                "about": [",".join(access.about) for access in accesses],
                "result": [access.result for access in accesses],
                "detail": [cleaned(access.detail) for access in accesses],
                "trace": [access.trace_id for access in accesses],
            },
        )

    async def _forget_connection(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.invalidate()
            await connection.close()


async def entries_about(connection: AsyncConnection, subject: str, *, limit: int = 200) -> list[Entry]:
    """Who looked at this person (`code:resident number`), the latest first."""
    query = f"{_READ} WHERE about @> CAST(:about AS text[]) ORDER BY number DESC LIMIT :limit"
    rows = await connection.execute(text(query), {"about": [subject], "limit": limit})
    return [_entry(row) for row in rows]


async def entries_between(
    connection: AsyncConnection, first: datetime, until: datetime, *, user: str = "", before: int | None = None, limit: int = 100
) -> list[Entry]:
    """Entries of a period (half-open), of one user where given, the latest first; `before` is the number to go on from."""
    conditions = "at >= :first AND at < :until AND (:user = '' OR user_name = :user) AND number < :before"
    query = f"{_READ} WHERE {conditions} ORDER BY number DESC LIMIT :limit"
    values = {"first": first, "until": until, "user": user, "before": before or 2**62, "limit": limit}
    return [_entry(row) for row in await connection.execute(text(query), values)]


async def verified(connection: AsyncConnection) -> Verdict:
    """Recompute the whole chain; `broken_at` is the first number that was changed, removed or put in between."""
    found = Verdict(0, b"")
    while True:
        rows = await connection.execute(
            text(f"{_READ} WHERE number > :last ORDER BY number LIMIT :limit"), {"last": found.entries, "limit": _VERIFIED_AT_ONCE}
        )
        entries = [_entry(row) for row in rows]
        if not entries:
            return found
        found = verify(entries, found)
        if found.broken_at:
            return found


def _entry(row: Any) -> Entry:
    access = Access(
        at=row.at,
        user=row.user_name,
        terminal=row.terminal,
        action=row.action,
        about=tuple(row.about),
        result=row.result,
        detail=row.detail,
        trace_id=row.trace_id,
    )
    return Entry(row.number, access, row.previous, row.hash)
