"""python -m tests.failure.kills: changes flow while everything is killed; in the end all is as if nothing had happened.

A run sends changes of the sample union with the municipalities' own accounts while SIGKILL hits each service, the broker and the database
at random moments. Then ledger, premiums and instalments must equal those of an undisturbed run of the same changes, every outbox and
queue must be empty, no message dead or parked, and each message answered: sent = applied + rejected + parked.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import numpy as np

from tests.failure.blows import Supervisor, Watch, plan, strike_as_planned
from tests.failure.offices import SENT_AT, Letterbox, expected_answers
from tests.failure.picture import Databases, Picture, Rest
from tests.failure.union import FailureUnion
from tests.simulators.municipality.books import Row
from tests.simulators.municipality.sender import publish_all

BURSTS: Final = 25
AHEAD: Final = 0.3
"""The offices send in bursts, this share of the work ahead of what is done: the blows hit them while they send, too."""
BOUND: Final = 600.0
"""Seconds after which a run that has not come to rest has failed."""
QUIET_SECONDS: Final = 2.5
"""Depths of queues are counted once a second: nothing is on its way when nothing has moved for longer."""


@dataclass(frozen=True)
class Undisturbed:
    """What the same changes lead to when nothing happens, and how many messages all services handled on the way."""

    picture: Picture
    handled: int
    seconds: float


@dataclass
class Outcome:
    """One disturbed run; it has passed when `wrong` is empty."""

    seconds: float
    killed: Counter[str]
    ended_by_themselves: Counter[str]
    answers: Counter[str]
    told_again: int
    wrong: list[str] = field(default_factory=list)


@dataclass
class Flow:
    """Changes on their way through the union."""

    union: FailureUnion
    databases: Databases
    rows: Sequence[Row]
    before: int = 0
    """Messages handled before the changes came."""
    handled: int = 0

    async def send(self, expected: int) -> None:
        """Send the changes in bursts; each waits until the services are no longer too far behind. `expected`: messages to handle."""
        urls = self.union.broker_urls()
        size = -(-len(self.rows) // BURSTS)
        for start in range(0, len(self.rows), size):
            while self.done(expected) < start / len(self.rows) - AHEAD:
                await asyncio.sleep(0.1)
            part = self.rows[start : start + size]
            confirmed = await publish_all(part, urls, sent_at=SENT_AT, patience=BOUND)
            assert confirmed == len(part)

    def done(self, expected: int) -> float:
        return (self.handled - self.before) / expected

    async def count(self) -> None:
        """Keep `handled` up to date until cancelled; while the database is away nothing is counted."""
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self.handled = await self.databases.handled()
            await asyncio.sleep(0.2)

    async def come_to_rest(self, box: Letterbox, watch: Watch) -> dict[str, Rest]:
        """Wait until every message is answered and nothing moves any more; returns what each service says then."""
        wanted = expected_answers(self.rows).keys()
        previous: tuple[dict[str, Rest], int] | None = None
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                rest = await self.databases.rest()
                waiting = await asyncio.to_thread(self.union.waiting_in_queues)
                unsent = sum(found.unsent for found in rest.values())
                now = rest, sum(box.times.values())
                if wanted <= box.states.keys() and not unsent and not waiting and now == previous:
                    return rest
                previous = now
            watch.check(f"come to rest, {len(wanted - box.states.keys())} unanswered, state {previous}")
            await asyncio.sleep(QUIET_SECONDS)


async def undisturbed(union: FailureUnion, rows: Sequence[Row]) -> Undisturbed:
    """Send the changes to the union at its loaded state, with nothing in the way."""
    databases, watch = Databases(union.servers), Watch(BOUND)
    try:
        flow = Flow(union, databases, rows, before=await databases.handled())
        async with Letterbox(union.broker_urls()) as box:
            await publish_all(rows, union.broker_urls(), sent_at=SENT_AT, patience=BOUND)
            rest = await flow.come_to_rest(box, watch)
        picture = await databases.picture()
        if wrong := [*picture.wrong, *judge(rows, box, rest)]:
            raise AssertionError(f"Even undisturbed: {wrong}")
        return Undisturbed(picture, sum(found.handled for found in rest.values()) - flow.before, watch.seconds)
    finally:
        await databases.close()


async def disturbed(union: FailureUnion, rows: Sequence[Row], model: Undisturbed, *, seed: int, more: int) -> Outcome:
    """Send the changes to the union at its loaded state while it is hit, and compare with the undisturbed run."""
    databases, watch = Databases(union.servers), Watch(BOUND)
    blows = plan(np.random.default_rng(seed), more=more)
    flow = Flow(union, databases, rows, before=await databases.handled())
    flow.handled = flow.before
    try:
        async with Letterbox(union.broker_urls()) as box, Supervisor(union) as supervisor:
            counting = asyncio.create_task(flow.count())
            async with asyncio.timeout(BOUND), asyncio.TaskGroup() as tasks:
                tasks.create_task(flow.send(model.handled))
                tasks.create_task(strike_as_planned(blows, lambda: flow.done(model.handled), supervisor))
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
            rest = await flow.come_to_rest(box, watch)
        wrong = [*judge(rows, box, rest), *(await databases.picture()).differences(model.picture)]
        states = Counter(next(iter(found)) for found in box.states.values())
        told_again = sum(box.times.values()) - len(box.times)
        return Outcome(watch.seconds, supervisor.killed, supervisor.ended_by_themselves, states, told_again, wrong)
    finally:
        await databases.close()


def judge(rows: Sequence[Row], box: Letterbox, rest: Mapping[str, Rest]) -> list[str]:
    """What is wrong with the answers and with what is left behind."""
    wanted = expected_answers(rows)
    wrong = [f"{service}: {found.dead} dead letters" for service, found in rest.items() if found.dead]
    wrong += [f"{service}: {found.parked} parked messages" for service, found in rest.items() if found.parked]
    if strange := box.states.keys() - wanted.keys():
        wrong.append(f"{len(strange)} answers to messages that nobody sent")
    otherwise = [(key, state, box.states[key]) for key, state in wanted.items() if box.states[key] != {state}]
    if otherwise:
        wrong.append(f"{len(otherwise)} messages answered otherwise than they deserve: {otherwise[:3]}")
    return wrong
