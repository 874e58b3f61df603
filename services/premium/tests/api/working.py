"""The work of premium's jobs in a test, done at once in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chassis import jobs
from chassis.testing import TestDatabase
from premium_service.bootstrap import SERVICE


async def work(database: TestDatabase, folder: Path) -> list[dict[str, Any]]:
    """Do every approved run, as a worker would, on the object store of `windows.window`; the results."""
    async with database.units(store=folder / "objects") as units:
        runs = [(run_id, SERVICE.job(name)) for run_id, name in await jobs.approved_runs(units)]
        return [await jobs.execute(job, run_id, units) for run_id, job in runs if job is not None]
