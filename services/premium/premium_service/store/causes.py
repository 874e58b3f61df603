"""異動事由: the messages that made a decision necessary, kept beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.law import FiscalYear
from contracts.envelope import Message
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from premium_service.domain.assessing import uuid_of

_KEEP = """
WITH opened AS (INSERT INTO assessed_year VALUES ($5, $6) ON CONFLICT DO NOTHING)
INSERT INTO assessment_cause (assessment_id, message_id, event_type, effective_on)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[]) ON CONFLICT DO NOTHING
"""
_OF = text("SELECT assessment_id, event_type, effective_on FROM assessment_cause WHERE assessment_id = ANY(:ids) ORDER BY effective_on, 2")


async def keep(raw: Connection[Any], decided: Sequence[tuple[Any, Sequence[Message[Any]]]], year: FiscalYear, today: date) -> None:
    """Keep the causes of decisions (rows of DECISION_DTYPE); the fiscal year is open from now on."""
    rows = [(uuid_of(decision["assessment_id"]), message) for decision, messages in decided for message in messages]
    await raw.execute(
        _KEEP,
        [assessment_id for assessment_id, _ in rows],
        [message.id for _, message in rows],
        [message.event.type for _, message in rows],
        [message.event.effective_on for _, message in rows],
        year.year,
        today,
    )


async def of_decisions(connection: AsyncConnection, assessment_ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, date]]]:
    """assessment_id → (event type, the day from which it counts) of each message; none for a decision of a run."""
    found: dict[UUID, list[tuple[str, date]]] = {}
    for row in await connection.execute(_OF, {"ids": list(assessment_ids)}):
        found.setdefault(row.assessment_id, []).append((row.event_type, row.effective_on))
    return found
