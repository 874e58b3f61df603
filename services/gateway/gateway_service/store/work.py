"""Worklist and print log, read under the row-level security of who asks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from chassis.clock import JAPAN
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST = 300


async def open_cases(connection: AsyncConnection) -> list[Any]:
    """Cases that nobody has closed, the longest waiting first."""
    query = "SELECT * FROM work_item WHERE closed_at IS NULL ORDER BY waiting_since, resident_number LIMIT :most"
    return list(await connection.execute(text(query), {"most": MOST}))


async def parked_rows(connection: AsyncConnection) -> list[Any]:
    """Rows that wait for a character to be identified."""
    query = "SELECT * FROM parked_row WHERE replaced_at IS NULL ORDER BY parked_at, resident_number LIMIT :most"
    return list(await connection.execute(text(query), {"most": MOST}))


async def printed_on(connection: AsyncConnection, day: date) -> list[Any]:
    """Cards issued on a day in Japan, the latest first."""
    query = "SELECT * FROM print_log WHERE issued_at >= :first AND issued_at < :until ORDER BY issued_at DESC, resident_number LIMIT :most"
    return list(await connection.execute(text(query), {**_of_day(day), "most": MOST}))


async def count_printed_on(connection: AsyncConnection, day: date) -> int:
    query = "SELECT count(*) FROM print_log WHERE issued_at >= :first AND issued_at < :until"
    return int((await connection.execute(text(query), _of_day(day))).scalar_one())


def _of_day(day: date) -> dict[str, datetime]:
    first = datetime.combine(day, time(), JAPAN)
    return {"first": first, "until": first + timedelta(days=1)}
