"""Process managers: a pure `decide(state, event)`, its state and its deadlines stored; a missed deadline is an event too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

from contracts.envelope import SINGLE, Event, Message
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from chassis import dead_letters
from chassis.clock import uuid7
from chassis.faults import describe, is_transient
from chassis.tables import deadline, process_instance
from chassis.unit_of_work import UnitOfWork

S = TypeVar("S", bound=BaseModel)
Due = tuple[str, str, date]


@dataclass(frozen=True)
class DeadlinePassed:
    """The day that a process had set itself has come."""

    name: str
    on: date


class OutOfTurn(Exception):
    """An event came in a step that does not know it: a surprise, for the dead letters."""


@dataclass(frozen=True)
class Decision(Generic[S]):
    """What follows from an event: the next state, what to say, which deadlines to set or to lift."""

    state: S
    events: tuple[Event, ...] = ()
    deadlines: dict[str, date] = field(default_factory=dict)
    lifted: tuple[str, ...] = ()

    def saying(self, *events: Event) -> Decision[S]:
        return replace(self, events=self.events + events)

    def until(self, name: str, day: date) -> Decision[S]:
        return replace(self, deadlines={**self.deadlines, name: day})

    def lifting(self, *names: str) -> Decision[S]:
        return replace(self, lifted=self.lifted + names)


class Process(Protocol[S]):
    """A process manager: a name, the model of its state, the state before anything happened, and the decision."""

    name: str
    model: type[S]

    def begin(self, key: str) -> S: ...

    def decide(self, state: S, event: Any) -> Decision[S]: ...


async def advance(process: Process[S], happened: Sequence[tuple[str, Any, Message[Any] | None]], uow: UnitOfWork) -> None:
    """Let each (key, event, because) happen, in order; states, messages and deadlines are kept in the transaction of `uow`."""
    keys = sorted({key for key, _, _ in happened})
    t = process_instance.c
    query = select(t.key, t.state).where(t.process == process.name, t.key.in_(keys)).order_by(t.key).with_for_update()
    states = {row.key: process.model.model_validate(row.state) for row in await uow.connection.execute(query)}
    due: dict[tuple[str, str], date | None] = {}
    said: list[tuple[tuple[Event, ...], Message[Any] | None]] = []
    for key, event, because in happened:
        decision = process.decide(states.get(key) or process.begin(key), event)
        states[key] = decision.state
        said.append((decision.events, because))
        due.update({(key, name): None for name in decision.lifted})
        due.update({(key, name): day for name, day in decision.deadlines.items()})
    await _store(process.name, states, due, uow)
    for events, because in said:
        uow.publish(*events, because=because)


async def _store(name: str, states: dict[str, Any], due: dict[tuple[str, str], date | None], uow: UnitOfWork) -> None:
    rows = [{"process": name, "key": key, "state": state.model_dump(mode="json")} for key, state in states.items()]
    if rows:
        statement = insert(process_instance)
        await uow.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["process", "key"], set_={"state": statement.excluded.state, "changed_at": text("now()")}
            ),
            rows,
        )
    lifted = [{"b_key": key, "b_name": kind} for (key, kind), day in due.items() if day is None]
    if lifted:
        d = deadline.c
        await uow.connection.execute(
            delete(deadline).where(d.process == name, d.key == bindparam("b_key"), d.name == bindparam("b_name")), lifted
        )
    dated = [{"process": name, "key": key, "name": kind, "due_on": day} for (key, kind), day in due.items() if day is not None]
    if dated:
        statement = insert(deadline)
        await uow.connection.execute(
            statement.on_conflict_do_update(index_elements=["process", "key", "name"], set_={"due_on": statement.excluded.due_on}), dated
        )


async def pass_deadlines(processes: Sequence[Process[Any]], uow: UnitOfWork, *, limit: int = 500) -> int:
    """Tell each process about its deadlines up to today; returns how many there were. Call again until it returns 0.

    A deadline that its process cannot take becomes a dead letter; the others pass. Replayed, it is set again as it was.
    """
    passed = 0
    for process in processes:
        d = deadline.c
        rows = await uow.connection.execute(
            select(d.key, d.name, d.due_on)
            .where(d.process == process.name, d.due_on <= uow.today)
            .order_by(d.due_on, d.key)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [(row.key, row.name, row.due_on) for row in rows]
        try:
            await _pass(process, found, uow)
        except Exception as error:
            if is_transient(error):
                raise
            for one in found:
                await _pass_or_set_aside(process, one, uow)
        passed += len(found)
    return passed


async def _pass(process: Process[Any], found: Sequence[Due], uow: UnitOfWork) -> None:
    async with uow.connection.begin_nested():
        for key, name, _ in found:
            await uow.connection.execute(
                delete(deadline).where(deadline.c.process == process.name, deadline.c.key == key, deadline.c.name == name)
            )
        await advance(process, [(key, DeadlinePassed(name, day), None) for key, name, day in found], uow)


async def _pass_or_set_aside(process: Process[Any], one: Due, uow: UnitOfWork) -> None:
    try:
        await _pass(process, [one], uow)
    except Exception as error:
        if is_transient(error):
            raise
        key, name, day = one
        row = {"process": process.name, "key": key, "name": name}
        await uow.connection.execute(delete(deadline).filter_by(**row))
        body = to_json({"id": str(uuid7()), "type": dead_letters.DEADLINE, "subject": key, "data": {**row, "due_on": day}})
        reason = f"{process.name}, deadline {name}: {describe(error)}"
        await dead_letters.set_aside(uow, body=body, content_type=SINGLE, reason_code=type(error).__name__, reason=reason)
