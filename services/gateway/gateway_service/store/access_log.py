"""The access log: written before anything is shown, many entries in one commit, read by union staff and auditors."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import asyncpg
from chassis.database import borrowed
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway_service.domain.access_chain import Access, Entry, Verdict, cleaned, verify

_APPEND = "SELECT append_access_log($1, $2, $3, $4, $5, $6, $7, $8)"
_READ = "SELECT number, at, user_name, terminal, action, about, result, detail, trace_id, previous, hash FROM access_log"
_VERIFIED_AT_ONCE = 20_000


class AccessLog:
    """Writes for one process. `write` returns when its entries are committed; whoever waits meanwhile shares the next commit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
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
        """While somebody waits: one connection, and one commit for all who came during the last one."""
        while self._waiting:
            try:
                async with borrowed(self._engine) as raw:
                    while self._waiting:
                        group, self._waiting = self._waiting, []
                        failure = await _failure_of(raw, [access for accesses, _ in group for access in accesses])
                        _tell(group, failure)
                        if failure:
                            break  # with a connection that may be dead nobody else should try
            except Exception as error:  # noqa: BLE001 - whatever it was, each of those who wait must hear of it
                group, self._waiting = self._waiting, []
                _tell(group, error)


async def _failure_of(raw: asyncpg.Connection[Any], accesses: list[Access]) -> Exception | None:
    """Append in one statement, which is one transaction; returns why it could not be done."""
    columns = zip(
        *(
            (
                access.at, cleaned(access.user), cleaned(access.terminal), access.action, ",".join(access.about), access.result,
                cleaned(access.detail), access.trace_id,
            )
            for access in accesses
        ),
        strict=True,
    )  # fmt: skip
    try:
        await raw.execute(_APPEND, *map(list, columns))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        return error
    return None


def _tell(group: list[tuple[tuple[Access, ...], asyncio.Future[None]]], failure: Exception | None) -> None:
    for _, kept in group:
        if not kept.done():
            kept.set_exception(failure) if failure else kept.set_result(None)


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
