"""What a consumer lets through: nothing twice, and each person's events in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
from contracts.catalogue import model_of
from contracts.envelope import Message, as_json, read
from pydantic_core import to_json

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

_ADMIT = """
INSERT INTO inbox (message_id, handler) SELECT * FROM unnest($1::uuid[], $2::text[])
ON CONFLICT DO NOTHING RETURNING message_id
"""
_POSITIONS = """
SELECT p.stream, p.position, p.sequence FROM stream_position p
JOIN unnest($1::text[], $2::text[]) AS k(stream, position) USING (stream, position)
ORDER BY 1, 2 FOR UPDATE OF p
"""
_ADVANCE = """
INSERT INTO stream_position AS p (stream, position, sequence) SELECT * FROM unnest($1::text[], $2::text[], $3::int[]) ORDER BY 1, 2
ON CONFLICT (stream, position) DO UPDATE SET sequence = GREATEST(p.sequence, excluded.sequence)
"""
_PARK = """
INSERT INTO parked_message (stream, position, sequence, message_id, handler, item, deadline)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::uuid[], $5::text[], $6::jsonb[], $7::timestamptz[])
ON CONFLICT DO NOTHING
"""
_PARKED = """
SELECT p.stream, p.position, p.sequence, p.message_id, p.item FROM parked_message p
JOIN unnest($1::text[], $2::text[]) AS k(stream, position) USING (stream, position)
ORDER BY p.stream, p.position, p.sequence FOR UPDATE OF p
"""
_UNPARK = "DELETE FROM parked_message p USING unnest($1::uuid[]) AS k(message_id) WHERE p.message_id = k.message_id"

Found = Message[Any]
Key = tuple[str, str]


async def admit(
    uow: UnitOfWork, found: Sequence[tuple[str, Found]], *, park_seconds: int, own_positions: Mapping[str, str]
) -> list[tuple[str, Found]]:
    """Of (handler, message) pairs as they arrived, those that may be applied now, in order; the rest is dropped or parked.

    `own_positions`: stream → SQL that reads (position, sequence) of `$1::text[]` positions from the rows the handlers keep
    anyway, with `FOR UPDATE`; a stream without one is counted in the table `stream_position`.
    """
    raw = await driver(uow.connection)
    rows = await raw.fetch(_ADMIT, [message.id for _, message in found], [handler for handler, _ in found])
    new = {row["message_id"] for row in rows}
    fresh = []
    for handler, message in found:
        if message.id in new:
            new.discard(message.id)
            fresh.append((handler, message))
    return await _in_order(uow, raw, fresh, park_seconds, own_positions)


async def _in_order(
    uow: UnitOfWork, raw: asyncpg.Connection[Any], fresh: list[tuple[str, Found]], park_seconds: int, own: Mapping[str, str]
) -> list[tuple[str, Found]]:
    keys = sorted({key for _, message in fresh if (key := _key(message))})
    if not keys:
        return fresh
    reached = await _reached(raw, keys, own)
    before = dict(reached)

    ready: list[tuple[str, Found]] = []
    ahead: list[tuple[str, Found]] = []
    for handler, message in sorted(fresh, key=_arrival_within_stream):
        key = _key(message)
        if key is None:
            ready.append((handler, message))
        elif message.event.sequence == reached[key] + 1:
            reached[key] += 1
            ready.append((handler, message))
        elif message.event.sequence > reached[key] + 1:
            ahead.append((handler, message))
    await _park(uow, raw, ahead, park_seconds)

    moved = [key for key in keys if reached[key] != before[key]]
    released = []
    for row in await raw.fetch(_PARKED, [key[0] for key in moved], [key[1] for key in moved]) if moved else []:
        key = (row["stream"], row["position"])
        if row["sequence"] <= reached[key] + 1:
            released.append(row["message_id"])
        if row["sequence"] == reached[key] + 1:
            reached[key] += 1
            ready.append(_parked_message(row))
    if released:
        await raw.execute(_UNPARK, released)
    if counted := [key for key in moved if key[0] not in own]:
        await raw.execute(_ADVANCE, [key[0] for key in counted], [key[1] for key in counted], [reached[key] for key in counted])
    return ready


async def _reached(raw: asyncpg.Connection[Any], keys: list[Key], own: Mapping[str, str]) -> dict[Key, int]:
    """The last applied sequence of each key; 0 where nothing came yet."""
    reached: dict[Key, int] = dict.fromkeys(keys, 0)
    for stream in sorted({key[0] for key in keys} & own.keys()):
        rows = await raw.fetch(own[stream], [key[1] for key in keys if key[0] == stream])
        reached.update({(stream, row["position"]): row["sequence"] for row in rows})
    if counted := [key for key in keys if key[0] not in own]:
        rows = await raw.fetch(_POSITIONS, [key[0] for key in counted], [key[1] for key in counted])
        reached.update({(row["stream"], row["position"]): row["sequence"] for row in rows})
    return reached


def _key(message: Found) -> Key | None:
    event = message.event
    return (event.stream, event.position) if event.stream and event.sequence is not None else None


def _arrival_within_stream(pair: tuple[str, Found]) -> int:
    # Stable sort: arrival order is kept but for sequences, which within one batch may have been swapped by a redelivery.
    return pair[1].event.sequence or 0


def _parked_message(row: Any) -> tuple[str, Found]:
    item = row["item"]
    return item["koki_handler"], read(item, model_of(item["type"]))


async def _park(uow: UnitOfWork, raw: asyncpg.Connection[Any], ahead: list[tuple[str, Found]], seconds: int) -> None:
    if not ahead:
        return
    until = uow.now + timedelta(seconds=seconds)
    messages = [message for _, message in ahead]
    await raw.execute(
        _PARK,
        [message.event.stream for message in messages],
        [message.event.position for message in messages],
        [message.event.sequence for message in messages],
        [message.id for message in messages],
        [handler for handler, _ in ahead],
        [to_json({**as_json(message), "koki_handler": handler}).decode() for handler, message in ahead],
        [until] * len(ahead),
    )


async def filled_gaps(uow: UnitOfWork, own: Mapping[str, str]) -> list[tuple[str, Found]]:
    """Parked messages whose gap was filled by another way (a sealed batch, another replica), taken out to be applied now."""
    raw = await driver(uow.connection)
    rows = await raw.fetch("SELECT DISTINCT stream, position FROM parked_message LIMIT 1000")
    keys = sorted((row["stream"], row["position"]) for row in rows)
    if not keys:
        return []
    reached = await _reached(raw, keys, own)
    ready, done = [], []
    for row in await raw.fetch(_PARKED, [key[0] for key in keys], [key[1] for key in keys]):
        at = (row["stream"], row["position"])
        if row["sequence"] <= reached[at] + 1:
            done.append(row["message_id"])
        if row["sequence"] == reached[at] + 1:
            reached[at] += 1
            ready.append(_parked_message(row))
    await raw.execute(_UNPARK, done)
    if counted := sorted({key for _, message in ready if (key := _key(message)) and key[0] not in own}):
        await raw.execute(_ADVANCE, [key[0] for key in counted], [key[1] for key in counted], [reached[key] for key in counted])
    return ready


async def take_overdue(uow: UnitOfWork) -> list[Found]:
    """Parked messages whose deadline has passed: taken out, for the dead letters."""
    raw = await driver(uow.connection)
    rows = await raw.fetch("DELETE FROM parked_message WHERE deadline <= $1 RETURNING item", uow.now)
    return [_parked_message(row)[1] for row in rows]
