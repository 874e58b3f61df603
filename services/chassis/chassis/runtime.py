"""A running service: settings, database, object store, relay and consumer, put together once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter
from sqlalchemy import text

from chassis import batches, jobs, telemetry
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import create_engine
from chassis.faults import describe, is_transient
from chassis.jobs import Job
from chassis.process import Process, pass_deadlines
from chassis.relay import Relay
from chassis.routing import Routes
from chassis.settings import Settings
from chassis.tokens import Verifier
from chassis.unit_of_work import Units

log = structlog.get_logger("runtime")

JOB_SECONDS = 1
DEADLINE_SECONDS = 30
FORGET_SECONDS = 3600


@dataclass(frozen=True)
class Service:
    """What one service is made of; each service's bootstrap.py makes exactly one."""

    name: str
    title: str
    root: Path
    routers: Sequence[APIRouter] = ()
    routes: Routes | None = None
    processes: Sequence[Process[Any]] = ()
    jobs: Sequence[Job] = ()
    background: Sequence[Callable[[Runtime], Coroutine[Any, Any, None]]] = ()
    seed: Callable[[Runtime], Coroutine[Any, Any, None]] | None = None
    """Called by `migrate` after the migrations, for reference data."""

    def job(self, name: str) -> Job | None:
        """The job of this name; None where the service has none."""
        return next((job for job in self.jobs if job.name == name), None)


@dataclass
class Runtime:
    """The parts of one process of a service."""

    service: Service
    settings: Settings
    clock: Clock = field(init=False)
    units: Units = field(init=False)
    relay: Relay = field(init=False)
    consumer: Consumer | None = field(init=False, default=None)
    verifier: Verifier | None = field(init=False, default=None)
    proofs: dict[str, Callable[[], bool]] = field(init=False, default_factory=dict)
    """What a service's own background work adds to the health: name → whether it works now."""
    ends: list[Callable[[], Coroutine[Any, Any, None]]] = field(init=False, default_factory=list)
    """What a service's own parts have to close when the process ends."""

    def __post_init__(self) -> None:
        name, s = self.service.name, self.settings
        self.clock = Clock(s.business_date)
        self.engine = create_engine(s.database_url)
        self.store = batches.open_store(s.object_store)
        self.relay = Relay(service=name, engine=self.engine, broker_url=s.broker_url)
        self.units = Units(self.engine, name, self.clock, self.store, self.relay.wake)
        if self.service.routes:
            self.consumer = Consumer(
                units=self.units,
                routes=self.service.routes,
                broker_url=s.broker_url,
                prefetch=s.prefetch,
                park_seconds=s.park_seconds,
                partitions=s.partitions,
            )
        if s.token_public_key_file:
            self.verifier = Verifier(s.token_public_key_file)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, *, worker: bool) -> None:
        """Start the background work; the relay runs in every process, so that a command at the counter is sent at once."""
        telemetry.start(self.service.name, self.settings.otlp_endpoint)
        work = [self.relay.run()]
        if worker:
            work += [self.consumer.run()] if self.consumer else []
            work += [self._repeat(self._work_on_jobs, JOB_SECONDS)]
            work += [self._repeat(self._pass_deadlines, DEADLINE_SECONDS), self._repeat(self.relay.forget_old, FORGET_SECONDS)]
            work += [start(self) for start in self.service.background]
        self._tasks = [asyncio.create_task(coroutine) for coroutine in work]
        for task in self._tasks:
            task.add_done_callback(_end_with)

    async def stop(self) -> None:
        for task in self._tasks:
            task.remove_done_callback(_end_with)
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in self.ends:
            await end()
        await self.engine.dispose()

    async def health(self) -> dict[str, bool]:
        """Database, relay and consumers, each proven now; after a broker restart the consumers themselves must be back."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
            database = True
        except Exception as error:
            if not is_transient(error):
                raise
            database = False
        found = {"database": database, "relay": self.relay.connected}
        if self.consumer and self._tasks and len(self._tasks) > 1:
            found["consumers"] = self.consumer.consuming
        return found | {name: proof() for name, proof in self.proofs.items()}

    async def begin_job(self, name: str, parameters: dict[str, Any], *, by: str) -> UUID:
        """Plan a run of one of the service's own jobs and let the workers take it up: for work whose asking is its approval."""
        job = self.service.job(name)
        assert job is not None, name
        run_id = await jobs.prepare(job, parameters, self.units, by=by)
        await jobs.approve(run_id, self.units, by=by)
        return run_id

    async def _pass_deadlines(self) -> None:
        while self.service.processes:
            async with self.units.open() as uow:
                if not await pass_deadlines(self.service.processes, uow):
                    return

    async def _work_on_jobs(self) -> None:
        known = {job.name: job for job in self.service.jobs}
        for run_id, name in await jobs.approved_runs(self.units) if known else []:
            try:
                await jobs.execute(known[name], run_id, self.units)
            except Exception as error:
                if is_transient(error):
                    raise
                # A run that cannot go on waits for a person; consumers and other runs go on.
                log.error("job_failed", job=name, run=str(run_id), error=type(error).__name__, exc_info=error)
                await jobs.fail(run_id, self.units, reason=describe(error))

    async def _repeat(self, action: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
        while True:
            try:
                await action()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("repeats_later", action=action.__name__, error=type(error).__name__)
            await asyncio.sleep(seconds)


def _end_with(task: asyncio.Task[None]) -> None:
    """A background task that fails for good ends the process: its supervisor starts it afresh, and nothing half-works in silence."""
    if not task.cancelled() and (error := task.exception()):
        log.error("background_failed", error=type(error).__name__, exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)
