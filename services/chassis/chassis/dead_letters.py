"""Dead letters: what cannot be applied is kept with its reason, until a person replays it or gives it up with a reason."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import structlog
from contracts.envelope import decode
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import uuid7
from chassis.tables import dead_letter, deadline
from chassis.unit_of_work import UnitOfWork

DEADLINE = "koki.deadline"
"""The type under which a deadline that no process could take is kept."""
log = structlog.get_logger("dead_letters")


class NotOpen(Exception):
    """The dead letter does not exist or was decided already."""


async def set_aside(uow: UnitOfWork, *, body: bytes, content_type: str, reason_code: str, reason: str) -> UUID:
    """Keep a message that cannot be applied; `reason` says what was wrong, without names or payload."""
    message_id, event_type, subject, traceparent = "", "", "", None
    try:
        first = decode(body)[0]
        message_id, event_type = str(first["id"]), str(first["type"])
        subject, traceparent = str(first.get("subject", "")), first.get("traceparent")
    except (ValueError, IndexError):
        event_type = "unreadable"
    identifier = uuid7()
    await uow.connection.execute(
        insert(dead_letter).values(
            id=identifier,
            message_id=message_id,
            type=event_type,
            subject=subject,
            reason_code=reason_code,
            reason=reason[:2_000],
            traceparent=traceparent,
            content_type=content_type,
            body=body,
        )
    )
    log.error("dead_letter", id=str(identifier), type=event_type, subject=subject, reason_code=reason_code)
    return identifier


async def listing(uow: UnitOfWork, *, state: str = "open", limit: int = 200) -> list[dict[str, Any]]:
    """Identifiers, reasons and times, newest first; never the body."""
    t = dead_letter.c
    columns = (t.id, t.type, t.subject, t.reason_code, t.reason, t.traceparent, t.arrived_at, t.state, t.decided_by, t.decision_reason)
    rows = await uow.connection.execute(select(*columns).where(t.state == state).order_by(t.arrived_at.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]


async def replay(uow: UnitOfWork, identifier: UUID, *, by: str) -> None:
    """Send the message once more to this service alone, or set the deadline again, in the same transaction that marks it."""
    row = await _decide(uow, identifier, state="replayed", by=by, reason="replay")
    if row["type"] == DEADLINE:
        due = decode(row["body"])[0]["data"]
        again = insert(deadline).values(**{**due, "due_on": date.fromisoformat(due["due_on"])})
        await uow.connection.execute(again.on_conflict_do_nothing())
        return
    exchange = f"{uow.service}.partitions"
    uow.send(row["body"], exchange=exchange, routing_key=row["type"], subject=row["subject"], content_type=row["content_type"])


async def abandon(uow: UnitOfWork, identifier: UUID, *, by: str, reason: str) -> None:
    """Give it up, by name and with a reason."""
    if not reason.strip():
        raise ValueError("破棄するには理由が必要です。")
    await _decide(uow, identifier, state="abandoned", by=by, reason=reason)


async def _decide(uow: UnitOfWork, identifier: UUID, *, state: str, by: str, reason: str) -> Any:
    t = dead_letter.c
    result = await uow.connection.execute(
        update(dead_letter)
        .where(t.id == identifier, t.state == "open")
        .values(state=state, decided_by=by, decision_reason=reason, decided_at=uow.now)
        .returning(t.body, t.type, t.subject, t.content_type)
    )
    row = result.mappings().one_or_none()
    if row is None:
        raise NotOpen(f"Dead letter {identifier} is not open.")
    return row
