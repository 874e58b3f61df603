"""Changes flow through the union, undisturbed or while everything is killed; what they lead to is compared.

In the end ledger, premiums and instalments must equal those of an undisturbed run of the same changes, every outbox and queue must be
empty, no message dead or parked, and each message answered: sent = applied + rejected + parked.
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

from tests.failure.blows import Progress, Supervisor, Watch, plan
from tests.failure.offices import SENT_AT, Letterbox, expected_answers
from tests.failure.picture import Databases, Picture, Rest
from tests.failure.union import FailureUnion
from tests.simulators.municipality.books import Row
from tests.simulators.municipality.sender import message_of, publish_all

BURSTS: Final = 25
AHEAD: Final = 0.3
"""The offices send in bursts, this share of the work ahead of what is done: the blows hit them while they send, too."""
BOUND: Final = 600.0
"""Seconds after which a run that has not come to rest has failed."""
QUIET_SECONDS: Final = 2.0
STILL: Final = 4
"""Depths of queues are counted once a second, later where the machine is busy, and a transaction may take seconds there: nothing is on its
way when nothing has moved for so many looks in a row."""


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
    watch: Watch = field(default_factory=lambda: Watch(BOUND))

    async def send(self, progress: Progress) -> int:
        """Send the changes in bursts, each when the services are no longer too far behind; returns how many were confirmed."""
        size = -(-len(self.rows) // BURSTS)
        confirmed = 0
        for start in range(0, len(self.rows), size):
            await progress.reach(start / len(self.rows) - AHEAD)
            confirmed += await self.send_all(self.rows[start : start + size])
        return confirmed

    async def send_all(self, rows: Sequence[Row]) -> int:
        return await publish_all(rows, self.union.broker_urls(), sent_at=SENT_AT, patience=BOUND)

    async def count(self, progress: Progress, *, before: int, expected: int) -> None:
        """Tell the progress until cancelled; while the database is away nothing is counted."""
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                await progress.tell((await self.databases.handled() - before) / expected)
            await asyncio.sleep(0.2)

    async def come_to_rest(self, box: Letterbox) -> dict[str, Rest]:
        """Wait until every message is answered and nothing moves any more; returns what each service says then."""
        wanted = expected_answers(self.rows).keys()
        previous: tuple[dict[str, Rest], int] | None = None
        looks = 0
        while True:
            rest = await self.databases.rest()
            waiting = await asyncio.to_thread(self.union.waiting_in_queues)
            now = rest, sum(box.times.values())
            moving = waiting or now != previous or any(found.on_its_way for found in rest.values())
            looks = 1 if moving else looks + 1
            if wanted <= box.states.keys() and looks >= STILL:
                return rest
            previous = now
            self.watch.check(f"come to rest, {len(wanted - box.states.keys())} unanswered, queues {waiting}, state {rest}")
            await asyncio.sleep(QUIET_SECONDS)


async def undisturbed(union: FailureUnion, rows: Sequence[Row]) -> Undisturbed:
    """Send the changes to the union at its loaded state, with nothing in the way."""
    async with Databases(union.servers) as databases:
        flow, before = Flow(union, databases, rows), await databases.handled()
        async with Letterbox(union.broker_urls()) as box:
            await flow.send_all(rows)
            rest = await flow.come_to_rest(box)
        picture = await databases.picture()
        if wrong := [*picture.wrong, *judge(rows, box, rest), *await unapplied(rows, databases)]:
            raise AssertionError(f"Even undisturbed: {wrong}")
        return Undisturbed(picture, sum(found.handled for found in rest.values()) - before, flow.watch.seconds)


async def disturbed(union: FailureUnion, rows: Sequence[Row], model: Undisturbed, *, seed: int, more: int) -> Outcome:
    """Send the changes to the union at its loaded state while it is hit, and compare with the undisturbed run."""
    blows, progress = plan(np.random.default_rng(seed), more=more), Progress()
    async with Databases(union.servers) as databases, Letterbox(union.broker_urls()) as box:
        flow, before = Flow(union, databases, rows), await databases.handled()
        async with asyncio.timeout(BOUND), asyncio.TaskGroup() as tasks:
            supervisor = Supervisor(union, tasks)
            counting = tasks.create_task(flow.count(progress, before=before, expected=model.handled))
            sending = tasks.create_task(flow.send(progress))
            await supervisor.strike_as_planned(blows, progress)
            confirmed = await sending
            await supervisor.leave()
            counting.cancel()
        rest = await flow.come_to_rest(box)
        wrong = [] if confirmed == len(rows) else [f"{confirmed} of {len(rows)} messages were confirmed by the broker"]
        wrong += [*judge(rows, box, rest), *await unapplied(rows, databases), *(await databases.picture()).differences(model.picture)]
        states = Counter(state for found in box.states.values() for state in found)
        told_again = sum(box.times.values()) - len(box.times)
        return Outcome(flow.watch.seconds, supervisor.killed, supervisor.ended_by_themselves, states, told_again, wrong)


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


async def unapplied(rows: Sequence[Row], databases: Databases) -> list[str]:
    """Where sent is not applied + rejected + parked: at the gateway by its counts, at each reader by the messages it has handled."""
    states = expected_answers(rows)
    wanted = Counter(states.values())
    (counted,) = await databases.fetch("gateway", _COUNTED)
    wrong = []
    if dict(counted) != {state: wanted[state] for state in ("accepted", "rejected", "parked")}:
        wrong.append(f"gateway counts {dict(counted)} of {len(rows)} messages, expected {dict(wanted)}")
    accepted = Counter(row["kind"] for row in rows if states[str(message_of(row, SENT_AT).id)] == "accepted")
    for service, handler, kind in _APPLIED:
        (row,) = await databases.fetch(service, "SELECT count(*) FROM inbox WHERE handler = $1", handler)
        if row["count"] != accepted[kind]:
            wrong.append(f"{service} has applied {row['count']} of {accepted[kind]} accepted {kind} changes")
    return wrong


_COUNTED: Final = """
SELECT sum(accepted)::int AS accepted, sum(rejected)::int AS rejected, sum(parked)::int AS parked FROM intake_message_count
"""
_APPLIED: Final = (
    ("eligibility", "on_residents_changed", "resident"),
    ("premium", "on_residents_changed", "resident"),
    ("premium", "on_incomes_determined", "income"),
    ("collection", "on_residents_changed", "resident"),
)
