"""Files and changes as the operator's board shows them: counts and identifiers, no values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_FILES = """
SELECT id, municipality_code, file_name, kind, generation, state, rows, accepted, rejected, parked, received_at, finished_at, data_bytes
FROM intake_file ORDER BY received_at DESC LIMIT :most
"""
_SUMS = """
SELECT coalesce(sum(rows), 0)::bigint AS rows, coalesce(sum(accepted), 0)::bigint AS accepted,
       coalesce(sum(rejected), 0)::bigint AS rejected, coalesce(sum(parked), 0)::bigint AS parked,
       count(*) FILTER (WHERE state = 'received') AS waiting
FROM intake_file
"""
_CHANGES = """
SELECT municipality_code, kind, received_on, accepted, rejected, parked, accepted + rejected + parked AS sent
FROM intake_message_count ORDER BY received_on DESC, municipality_code, kind LIMIT :most
"""
_ACCEPTED = """
SELECT id, kind, generation, accepted, finished_at, split_part(traceparent, '-', 2) AS trace_id FROM intake_file
WHERE municipality_code = :code AND state LIKE 'accepted%' ORDER BY received_at DESC LIMIT :most
"""


async def latest_files(connection: AsyncConnection, *, most: int = 100) -> list[Any]:
    return list(await connection.execute(text(_FILES), {"most": most}))


async def file_sums(connection: AsyncConnection) -> Any:
    """Rows, accepted, rejected and parked of all files, and how many wait."""
    return (await connection.execute(text(_SUMS))).one()


async def change_counts(connection: AsyncConnection, *, most: int = 60) -> list[Any]:
    """Single changes by day, municipality and kind."""
    return list(await connection.execute(text(_CHANGES), {"most": most}))


async def accepted_files(connection: AsyncConnection, code: str, *, most: int = 10) -> list[Any]:
    """The latest accepted files of a municipality with the trace of each: people of a file travel in one batch and one trace."""
    return list(await connection.execute(text(_ACCEPTED), {"code": code, "most": most}))
