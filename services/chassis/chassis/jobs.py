"""Batch jobs: prepare → preview → approve → execute → reconcile. A run is a row before it is a loop.

Chunks are rows too: any number of replicas takes open chunks (`FOR UPDATE SKIP LOCKED`), a killed run goes on at its first open
chunk, and a chunk's own writes commit with its mark, so that nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, insert, select, update

from chassis import telemetry
from chassis.clock import uuid7
from chassis.tables import job_chunk, job_run
from chassis.unit_of_work import UnitOfWork, Units

PREPARED, APPROVED, FAILED, RECONCILED, DIFFERENT = "prepared", "approved", "failed", "reconciled", "different"


@dataclass(frozen=True)
class Chunk:
    """A part of a run: keys from `first_key` to `last_key`, both included."""

    number: int
    first_key: str
    last_key: str
    records: int


@dataclass(frozen=True)
class Plan:
    """What a run would do: its chunks, and the differences to the last run that a person approves."""

    chunks: Sequence[Chunk]
    preview: dict[str, Any] = field(default_factory=dict)


class Job(Protocol):
    """Work in chunks. `prepare` freezes the inputs and plans; `execute` does one chunk; `reconcile` names what does not agree.

    A job whose result is law to people says `approved_by_another = True`: whoever has prepared a run of it may not approve it.
    """

    name: str

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan: ...

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]: ...

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Empty when everything agrees; else what differs."""
        ...


class WrongStep(Exception):
    """The run is not in the step that this act needs."""


class OwnRun(Exception):
    """Whoever has prepared the run may not approve it; the table refuses it too."""


def needs_another(job: Job) -> bool:
    """Whether a run of the job is approved by somebody else than who has prepared it."""
    return bool(getattr(job, "approved_by_another", False))


async def prepare(job: Job, parameters: dict[str, Any], units: Units, *, by: str) -> UUID:
    """Plan a run and store it with its chunks; nothing is executed before somebody approves it."""
    run_id = uuid7()
    async with units.open() as uow:
        named = {"job": job.name, "parameters": parameters, "started_by": by, "approved_by_another": needs_another(job)}
        await uow.connection.execute(insert(job_run).values(id=run_id, state=PREPARED, **named))
        plan = await job.prepare(parameters, run_id, uow)
        total = sum(chunk.records for chunk in plan.chunks)
        await uow.connection.execute(update(job_run).where(job_run.c.id == run_id).values(preview=plan.preview, total=total))
        rows = [
            {"run_id": run_id, "number": c.number, "first_key": c.first_key, "last_key": c.last_key, "records": c.records}
            for c in plan.chunks
        ]
        if rows:
            await uow.connection.execute(insert(job_chunk), rows)
    return run_id


async def approve(run_id: UUID, units: Units, *, by: str) -> None:
    """A named officer approves what the preview shows, or lets a failed run go on where it stopped. OwnRun, WrongStep."""
    async with units.open() as uow:
        mine = select(job_run.c.id).where(job_run.c.id == run_id, job_run.c.approved_by_another, job_run.c.started_by == by)
        if (await uow.connection.execute(mine)).one_or_none() is not None:
            raise OwnRun(f"{by} has prepared run {run_id}: somebody else approves it.")
        await _step(run_id, uow, before=(PREPARED, FAILED), after=APPROVED, approved_by=by)


async def fail(run_id: UUID, units: Units, *, reason: str) -> None:
    """Stop a run whose chunk cannot be done; what is done stays done. `reason` says what was wrong, without names or amounts."""
    async with units.open() as uow:
        await _step(run_id, uow, before=(APPROVED, FAILED), after=FAILED, result={"error": reason})


async def execute(job: Job, run_id: UUID, units: Units, *, progress: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """Do the open chunks of an approved run, then reconcile; returns the result. Safe to call again, and in several processes."""
    parameters = await _parameters(run_id, units)
    while True:
        async with units.open() as uow:
            chunk = await _take_chunk(run_id, uow)
            if chunk is None:
                break
            with telemetry.step(f"{uow.service} job {job.name}", chunk=chunk.number, records=chunk.records):
                result = await job.execute(parameters, run_id, chunk, uow)
            c = job_chunk.c
            await uow.connection.execute(
                update(job_chunk).where(c.run_id == run_id, c.number == chunk.number).values(finished_at=uow.now, result=result)
            )
        progress(chunk.records)
    return await _reconcile(job, run_id, parameters, units)


async def approved_runs(units: Units) -> list[tuple[UUID, str]]:
    """(run, job name) of what is approved and not reconciled: work for whoever is free."""
    async with units.open() as uow:
        rows = await uow.connection.execute(
            select(job_run.c.id, job_run.c.job).where(job_run.c.state == APPROVED).order_by(job_run.c.prepared_at)
        )
        return [(row.id, row.job) for row in rows]


async def _reconcile(job: Job, run_id: UUID, parameters: dict[str, Any], units: Units) -> dict[str, Any]:
    async with units.open() as uow:
        run = (await uow.connection.execute(select(job_run).where(job_run.c.id == run_id).with_for_update())).one()
        open_chunks = select(func.count()).where(job_chunk.c.run_id == run_id, job_chunk.c.finished_at.is_(None))
        if run.state != APPROVED or (await uow.connection.execute(open_chunks)).scalar_one():
            return dict(run.result)  # another replica is still at work, or has reconciled
        rows = await uow.connection.execute(select(job_chunk.c.result).where(job_chunk.c.run_id == run_id))
        totals: dict[str, int] = {}
        for (result,) in rows:
            for key, value in result.items():
                totals[key] = totals.get(key, 0) + value
        differences = await job.reconcile(parameters, run_id, totals, uow)
        outcome: dict[str, Any] = {"totals": totals, "differences": differences}
        state = DIFFERENT if differences else RECONCILED
        await uow.connection.execute(update(job_run).where(job_run.c.id == run_id).values(state=state, result=outcome, finished_at=uow.now))
        return outcome


async def runs(uow: UnitOfWork, *, limit: int = 50, run_id: UUID | None = None) -> list[dict[str, Any]]:
    """The latest runs, or one, with their progress (records done of total)."""
    done = (
        select(job_chunk.c.run_id, func.sum(job_chunk.c.records).filter(job_chunk.c.finished_at.isnot(None)).label("done"))
        .group_by(job_chunk.c.run_id)
        .subquery()
    )
    query = select(job_run, cast(func.coalesce(done.c.done, 0), BigInteger).label("done")).outerjoin(done, done.c.run_id == job_run.c.id)
    if run_id:
        query = query.where(job_run.c.id == run_id)
    rows = await uow.connection.execute(query.order_by(job_run.c.prepared_at.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]


async def _parameters(run_id: UUID, units: Units) -> dict[str, Any]:
    async with units.open() as uow:
        run = (await uow.connection.execute(select(job_run).where(job_run.c.id == run_id))).one()
    if run.state in (PREPARED, FAILED):
        raise WrongStep(f"Run {run_id} is {run.state}: it needs an approval.")
    return dict(run.parameters)


async def _take_chunk(run_id: UUID, uow: UnitOfWork) -> Chunk | None:
    c = job_chunk.c
    query = select(c.number, c.first_key, c.last_key, c.records).where(c.run_id == run_id, c.finished_at.is_(None))
    row = (await uow.connection.execute(query.order_by(c.number).limit(1).with_for_update(skip_locked=True))).one_or_none()
    return Chunk(*row) if row else None


async def _step(run_id: UUID, uow: UnitOfWork, *, before: Sequence[str], after: str, **values: Any) -> None:
    step = update(job_run).where(job_run.c.id == run_id, job_run.c.state.in_(before)).values(state=after, **values)
    if (await uow.connection.execute(step.returning(job_run.c.id))).one_or_none() is None:
        raise WrongStep(f"Run {run_id} is not {' or '.join(before)}.")
