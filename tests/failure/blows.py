"""What hits the union, and who picks it up again: SIGKILL by a plan, and a supervisor that restarts at once what has ended."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from infra.local.problems import LocalRunProblem
from infra.rabbitmq.definitions import SERVICES
from tests.failure.union import FailureUnion

BROKER: Final = "rabbitmq"
DATABASE: Final = "postgresql"
FIRST, LAST = 0.02, 0.93
"""Between these shares of the work the blows fall: there is always something in flight."""


@dataclass(frozen=True, order=True)
class Blow:
    """SIGKILL to `target` when the share `at` of the work is done."""

    at: float
    target: str


def plan(chance: np.random.Generator, *, more: int) -> list[Blow]:
    """Each service, the broker and the database once, and `more` services again, at random moments."""
    targets = [*SERVICES, BROKER, DATABASE, *chance.choice(SERVICES, more).tolist()]
    return sorted(Blow(float(chance.uniform(FIRST, LAST)), target) for target in targets)


class Progress:
    """How much of the work is done, from 0 to about 1; wakes those who wait for a share of it."""

    def __init__(self) -> None:
        self._share = 0.0
        self._moved = asyncio.Condition()

    async def tell(self, share: float) -> None:
        async with self._moved:
            self._share = max(self._share, share)
            self._moved.notify_all()

    async def reach(self, share: float) -> None:
        """Wait until this much is done."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._share >= share)


class Supervisor:
    """Restarts what has ended, at once, as systemd or a container engine would; part of a group of tasks that it ends when it fails."""

    def __init__(self, union: FailureUnion, tasks: asyncio.TaskGroup) -> None:
        self._union, self._tasks = union, tasks
        self._watch = tasks.create_task(self._restart_services())
        self._rising: dict[str, asyncio.Task[None]] = {}
        self.killed: Counter[str] = Counter()
        self._restarted: Counter[str] = Counter()

    @property
    def ended_by_themselves(self) -> Counter[str]:
        """Services that ended although nobody had killed them."""
        return self._restarted - self.killed

    async def strike(self, target: str) -> None:
        """Kill one target and see that it comes back; a server that is still on its way up from the last blow is spared."""
        if target in SERVICES:
            self.killed[target] += await asyncio.to_thread(self._union.kill, target)
        elif target not in self._rising or self._rising[target].done():
            servers = self._union.servers
            await asyncio.to_thread(servers.kill_broker if target == BROKER else servers.kill_database)
            self.killed[target] += 1
            restart = servers.restart_broker if target == BROKER else servers.restart_database
            self._rising[target] = self._tasks.create_task(asyncio.to_thread(restart))

    async def strike_as_planned(self, blows: list[Blow], progress: Progress) -> None:
        """Deal the blows of a plan, each when its share of the work is done."""
        for blow in blows:
            await progress.reach(blow.at)
            await self.strike(blow.target)

    async def leave(self) -> None:
        """See the servers up, wait until everything is healthy, and watch no longer.

        The last blow may have hit a moment ago, so a service may be seen gone before the watch has started it again; one that ends again
        and again is never healthy within the bound of the run, and is counted among those that ended by themselves.
        """
        await asyncio.gather(*self._rising.values())
        while True:
            try:
                await asyncio.to_thread(self._union.wait_healthy)
                break
            except LocalRunProblem:
                await asyncio.sleep(0.5)
        self._watch.cancel()

    async def _restart_services(self) -> None:
        while True:
            for service in await asyncio.to_thread(self._union.services.start_missing):
                self._restarted[service] += 1
            await asyncio.sleep(0.1)


class Watch:
    """Seconds since the beginning, and a bound on them."""

    def __init__(self, bound: float) -> None:
        self._started, self._bound = time.monotonic(), bound

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def check(self, what: str) -> None:
        """Raise AssertionError when the bound is passed."""
        if self.seconds > self._bound:
            raise AssertionError(f"{what}: not done after {self._bound:.0f} s")
