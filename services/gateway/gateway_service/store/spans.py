"""Spans in the database: eight unlogged parts of eight hours in a ring; the oldest is emptied, so that keeping traces costs no vacuum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
from chassis.database import driver
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway_service.domain.spans import Span, kept

SLOTS: Final = 8
SLOT_SECONDS: Final = 8 * 3600
KEPT_SLOTS: Final = 6
"""Two days, and the part that is being filled."""
LARGEST: Final = 5_000_000
_COLUMNS: Final = (
    "slot", "trace_id", "span_id", "parent_id", "name", "service", "started_ns", "ended_ns", "status", "subject", "attributes",
)  # fmt: skip
_ALL: Final = "trace_id, span_id, parent_id, name, service, started_ns, ended_ns, status, subject, attributes"


def slot_at(now: datetime) -> int:
    """The part of the ring that is filled at this time."""
    return int(now.timestamp()) // SLOT_SECONDS % SLOTS


async def keep(connection: AsyncConnection, spans: Sequence[Span], now: datetime) -> None:
    """COPY spans in."""
    slot = slot_at(now)
    records = [
        (
            slot, span.trace_id, span.span_id, span.parent_id, span.name, span.service, span.started_ns, span.ended_ns, span.status,
            span.subject, to_json(kept(span.attributes)).decode(),
        )
        for span in spans
    ]  # fmt: skip
    raw = await driver(connection)
    await raw.copy_records_to_table("span", records=records, columns=list(_COLUMNS))


async def forget_old(engine: AsyncEngine, now: datetime) -> None:
    """Empty the parts of the ring that are older than two days, and the oldest ones while there are more than five million spans."""
    current = slot_at(now)
    old = [(current + 1 + i) % SLOTS for i in range(SLOTS - 1)]  # the oldest first
    async with engine.begin() as connection:
        raw = await driver(connection)
        rows = await raw.fetch("SELECT slot, count(*) AS spans FROM span GROUP BY slot")
        counts = {row["slot"]: row["spans"] for row in rows}
        for position, slot in enumerate(old):
            too_old = position < SLOTS - 1 - KEPT_SLOTS
            if counts.get(slot) and (too_old or sum(counts.values()) > LARGEST):
                await raw.execute(f"TRUNCATE span_{slot}")
                counts[slot] = 0


async def of_trace(connection: AsyncConnection, trace_id: bytes, *, limit: int = 5_000) -> list[Span]:
    """The spans of a trace, by their start."""
    raw = await driver(connection)
    rows = await raw.fetch(f"SELECT {_ALL} FROM span WHERE trace_id = $1 ORDER BY started_ns LIMIT $2", trace_id, limit)
    return [_span(row) for row in rows]


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A trace in a list."""

    trace_id: str
    started_at: datetime
    milliseconds: float
    spans: int
    services: tuple[str, ...]
    name: str
    failed: bool


_LIST = """
SELECT s.trace_id, min(s.started_ns) AS started_ns, max(s.ended_ns) AS ended_ns, count(*) AS spans,
       array_agg(DISTINCT s.service) AS services, (array_agg(s.name ORDER BY s.started_ns))[1] AS name, bool_or(s.status = 2) AS failed
FROM span s WHERE s.trace_id IN ({traces}) GROUP BY s.trace_id ORDER BY 2 DESC LIMIT $2
"""


async def about(connection: AsyncConnection, subjects: Sequence[str], *, limit: int = 50) -> list[TraceLine]:
    """Traces in which one of the subjects (`code:resident number`) was handled, the latest first."""
    raw = await driver(connection)
    return [
        _line(row)
        for row in await raw.fetch(_LIST.format(traces="SELECT trace_id FROM span WHERE subject = ANY($1)"), list(subjects), limit)
    ]


async def latest(connection: AsyncConnection, now: datetime, *, limit: int = 30) -> list[TraceLine]:
    """The latest traces of the last half hour."""
    raw = await driver(connection)
    since = int((now.timestamp() - 1800) * 1e9)
    traces = "SELECT trace_id FROM (SELECT trace_id FROM span WHERE started_ns > $1 ORDER BY started_ns DESC LIMIT 2000) AS k"
    return [_line(row) for row in await raw.fetch(_LIST.format(traces=traces), since, limit)]


def _line(row: asyncpg.Record) -> TraceLine:
    return TraceLine(
        trace_id=row["trace_id"].hex(),
        started_at=datetime.fromtimestamp(row["started_ns"] / 1e9, UTC),
        milliseconds=(row["ended_ns"] - row["started_ns"]) / 1e6,
        spans=row["spans"],
        services=tuple(row["services"]),
        name=row["name"],
        failed=row["failed"],
    )


def _span(row: Any) -> Span:
    return Span(**dict(row))  # SQLAlchemy has taught the connection to read jsonb
