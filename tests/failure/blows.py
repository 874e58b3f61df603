"""What hits the union, and who picks it up again: SIGKILL by a plan, and a supervisor that restarts at once what has ended."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

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


@dataclass
class Supervisor:
    """Restarts what has ended, at once, as systemd or a container engine would."""

    union: FailureUnion
    killed: Counter[str] = field(default_factory=Counter)
    restarted: Counter[str] = field(default_factory=Counter)
    _watch: asyncio.Task[None] | None = None
    _servers: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._watch = asyncio.create_task(self._restart_services())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._watch is not None
        await asyncio.gather(*self._servers)
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)

    @property
    def ended_by_themselves(self) -> Counter[str]:
        """Services that ended although nobody had killed them."""
        return self.restarted - self.killed

    async def strike(self, target: str) -> None:
        """Kill one target and see that it comes back; a server that is still on its way up from the last blow is spared."""
        if target in SERVICES:
            self.killed[target] += await asyncio.to_thread(self.union.kill, target)
            return
        self._servers = {task for task in self._servers if not task.done()}
        if any(task.get_name() == target for task in self._servers):
            return
        servers = self.union.servers
        kill, restart = (
            (servers.kill_broker, servers.restart_broker) if target == BROKER else (servers.kill_database, servers.restart_database)
        )
        await asyncio.to_thread(kill)
        self.killed[target] += 1
        self._servers.add(asyncio.create_task(asyncio.to_thread(restart), name=target))

    async def _restart_services(self) -> None:
        while True:
            for service in await asyncio.to_thread(self.union.services.start_missing):
                self.restarted[service] += 1
            await asyncio.sleep(0.1)


async def strike_as_planned(blows: list[Blow], done: Callable[[], float], supervisor: Supervisor) -> None:
    """Deal the blows of a plan, each when its share of the work is done."""
    for blow in blows:
        while done() < blow.at:
            await asyncio.sleep(0.05)
        await supervisor.strike(blow.target)


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
