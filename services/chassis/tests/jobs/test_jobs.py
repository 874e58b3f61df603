"""Runs on a real database: nothing without an approval, nothing twice, and on after a kill at the first open chunk."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest
from chassis import jobs
from chassis.jobs import OwnRun, WrongStep
from chassis.testing import Databases
from chassis.unit_of_work import Units
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.chassis.tests.jobs.counting import Counting, a_counter, a_database, counted

KILLED_IN_A_CHUNK = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from chassis import jobs
from chassis.testing import TestDatabase
from services.chassis.tests.jobs.counting import Counting

async def main():
    async with TestDatabase("collection", sys.argv[1], "").units() as units:
        await jobs.execute(Counting(dies_at=3), UUID(sys.argv[2]), units)

asyncio.run(main())
"""


async def _run(units: Units, run_id: UUID) -> dict[str, Any]:
    async with units.open() as uow:
        (found,) = await jobs.runs(uow, run_id=run_id)
    return found


async def test_a_run_shows_a_preview_and_executes_nothing_before_somebody_approves_it(databases: Databases) -> None:
    async with a_counter(databases) as units:
        job = Counting()
        run_id = await jobs.prepare(job, {"month": "2026-07"}, units, by="officer")

        with pytest.raises(WrongStep, match="needs an approval"):
            await jobs.execute(job, run_id, units)

        assert await counted(units) == []
        assert await jobs.approved_runs(units) == []
        run = await _run(units, run_id)
        assert (run["state"], run["preview"], run["total"], run["done"]) == ("prepared", {"numbers": 50, "counted_before": 0}, 50, 0)
        assert (run["started_by"], run["approved_by"], run["parameters"]) == ("officer", None, {"month": "2026-07"})


async def test_an_approved_run_does_every_chunk_agrees_with_itself_and_keeps_who_approved(databases: Databases) -> None:
    async with a_counter(databases) as units:
        job = Counting()
        steps: list[int] = []
        run_id = await jobs.prepare(job, {}, units, by="officer")
        await jobs.approve(run_id, units, by="head of section")
        assert await jobs.approved_runs(units) == [(run_id, "count")]

        outcome = await jobs.execute(job, run_id, units, progress=steps.append)

        assert outcome == {"totals": {"counted": 50, "sum": 1275}, "differences": {}}
        assert await counted(units) == list(range(1, 51))
        assert steps == [10] * 5
        run = await _run(units, run_id)
        assert (run["state"], run["done"], run["result"], run["approved_by"]) == ("reconciled", 50, outcome, "head of section")
        assert await jobs.approved_runs(units) == []


async def test_a_run_is_approved_once_and_a_finished_one_does_nothing_more(databases: Databases) -> None:
    async with a_counter(databases) as units:
        job = Counting()
        run_id = await jobs.prepare(job, {}, units, by="officer")
        await jobs.approve(run_id, units, by="officer")
        with pytest.raises(WrongStep, match="is not prepared"):
            await jobs.approve(run_id, units, by="another officer")

        first = await jobs.execute(job, run_id, units)

        assert await jobs.execute(job, run_id, units) == first
        assert job.done == [1, 2, 3, 4, 5]
        with pytest.raises(WrongStep):
            await jobs.approve(run_id, units, by="officer")


async def test_a_run_that_is_law_to_people_is_approved_by_another_than_who_has_prepared_it(databases: Databases) -> None:
    """Before its first execution, and again after it has stopped; the table refuses it where the program would not."""
    async with a_counter(databases) as units:
        job = Counting(approved_by_another=True)
        run_id = await jobs.prepare(job, {}, units, by="officer")
        with pytest.raises(OwnRun):
            await jobs.approve(run_id, units, by="officer")
        with pytest.raises(IntegrityError, match="job_run_by_another"):
            async with units.open() as uow:
                await uow.connection.execute(text("UPDATE job_run SET state = 'approved', approved_by = 'officer'"))
        assert (await _run(units, run_id))["state"] == "prepared"

        await jobs.approve(run_id, units, by="head of section")
        await jobs.fail(run_id, units, reason="stopped")
        with pytest.raises(OwnRun):
            await jobs.approve(run_id, units, by="officer")
        await jobs.approve(run_id, units, by="head of section")
        assert (await jobs.execute(job, run_id, units))["differences"] == {}


async def test_killed_in_a_chunk_a_run_goes_on_at_its_first_open_chunk_and_does_nothing_twice(databases: Databases) -> None:
    database = await a_database(databases)
    async with database.units() as units:
        run_id = await jobs.prepare(Counting(), {}, units, by="officer")
        await jobs.approve(run_id, units, by="officer")

        command = [sys.executable, "-c", KILLED_IN_A_CHUNK, database.url, str(run_id)]
        environment = {**os.environ, "PYTHONPATH": ".:contracts:services/chassis"}
        ended = await asyncio.to_thread(subprocess.run, command, timeout=60, check=False, env=environment)
        assert ended.returncode == -signal.SIGKILL
        assert await counted(units) == list(range(1, 21)), "what the killed chunk had written is gone with it"
        assert (await _run(units, run_id))["done"] == 20

        job = Counting()
        outcome = await jobs.execute(job, run_id, units)

        assert job.done == [3, 4, 5]
        assert outcome == {"totals": {"counted": 50, "sum": 1275}, "differences": {}}


async def test_two_replicas_share_the_chunks_and_do_none_of_them_twice(databases: Databases) -> None:
    database = await a_database(databases)
    async with database.units() as here, database.units() as there:
        run_id = await jobs.prepare(Counting(upto=200), {}, here, by="officer")
        await jobs.approve(run_id, here, by="officer")
        first, second = Counting(upto=200, seconds=0.02), Counting(upto=200, seconds=0.02)

        outcomes = await asyncio.gather(jobs.execute(first, run_id, here), jobs.execute(second, run_id, there))

        assert sorted(first.done + second.done) == list(range(1, 21))
        assert min(len(first.done), len(second.done)) >= 5, "both had a share"
        assert {"totals": {"counted": 200, "sum": 20100}, "differences": {}} in outcomes
        assert (await _run(here, run_id))["state"] == "reconciled"


async def test_what_does_not_agree_is_shown_with_the_run(databases: Databases) -> None:
    async with a_counter(databases) as units:
        job = Counting(forgets=True)
        run_id = await jobs.prepare(job, {}, units, by="officer")
        await jobs.approve(run_id, units, by="officer")

        outcome = await jobs.execute(job, run_id, units)

        assert outcome["differences"] == {"stored": 49, "counted": 50}
        run = await _run(units, run_id)
        assert (run["state"], run["result"]) == ("different", outcome)


async def test_a_run_that_failed_keeps_its_chunks_waits_for_an_approval_and_goes_on(databases: Databases) -> None:
    async with a_counter(databases) as units:
        run_id = await jobs.prepare(Counting(), {}, units, by="officer")
        await jobs.approve(run_id, units, by="officer")
        with pytest.raises(ValueError, match="cannot be done"):
            await jobs.execute(Counting(fails_at=4), run_id, units)
        await jobs.fail(run_id, units, reason="ValueError: this chunk cannot be done")

        run = await _run(units, run_id)
        assert (run["state"], run["done"], run["result"]) == ("failed", 30, {"error": "ValueError: this chunk cannot be done"})
        assert await jobs.approved_runs(units) == [], "no replica tries it again and again"
        with pytest.raises(WrongStep):
            await jobs.execute(Counting(), run_id, units)

        await jobs.approve(run_id, units, by="head of section")
        job = Counting()
        outcome = await jobs.execute(job, run_id, units)

        assert job.done == [4, 5]
        assert outcome["totals"] == {"counted": 50, "sum": 1275}


async def test_a_run_without_chunks_is_reconciled_at_once(databases: Databases) -> None:
    class Nothing(Counting):
        async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: Any) -> dict[str, Any]:
            return {"unexpected": totals} if totals else {}

    async with a_counter(databases) as units:
        job = Nothing(upto=0)
        run_id = await jobs.prepare(job, {}, units, by="officer")
        await jobs.approve(run_id, units, by="officer")
        assert await jobs.execute(job, run_id, units) == {"totals": {}, "differences": {}}
