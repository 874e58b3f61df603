"""賦課の実行: the runs of assess and of the provisional assessment, as union staff see them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

JOBS: Final = ("assess", "assess-provisionally", "compare-versions")
_RUNS = text("""
SELECT id AS run_id, job, state, preview, result, started_by, approved_by, prepared_at, finished_at, total FROM job_run
WHERE job = ANY(:jobs) AND (CAST(:run AS uuid) IS NULL OR id = :run) ORDER BY prepared_at DESC LIMIT 50
""")


async def listing(connection: AsyncConnection, *, run_id: UUID | None = None) -> list[dict[str, Any]]:
    """The latest runs, or one, the newest first."""
    return [dict(row) for row in (await connection.execute(_RUNS, {"jobs": list(JOBS), "run": run_id})).mappings()]
