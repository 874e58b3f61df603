"""徴収方法: how the premium of a person and fiscal year is collected and when it was first due, where collection has said it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.collection import CollectionMethodDecided

POSITIONS = """
SELECT insured_id::text || ':' || fiscal_year AS position, sequence FROM collection_method
WHERE (insured_id, fiscal_year) IN (SELECT split_part(k, ':', 1)::uuid, split_part(k, ':', 2)::smallint FROM unnest($1::text[]) AS k)
ORDER BY insured_id, fiscal_year FOR UPDATE
"""
_KEEP = """
INSERT INTO collection_method (insured_id, fiscal_year, method, first_due_on, sequence)
SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::date[], $5::int[])
ON CONFLICT (insured_id, fiscal_year) DO UPDATE SET method = excluded.method, first_due_on = excluded.first_due_on,
    sequence = excluded.sequence WHERE excluded.sequence > collection_method.sequence
"""
_SAID = "SELECT insured_id, method, first_due_on FROM collection_method WHERE fiscal_year = $1 AND insured_id = ANY($2::uuid[])"


async def keep(events: Iterable[CollectionMethodDecided], uow: UnitOfWork) -> None:
    """Keep what was said, of several about one person and year the last."""
    raw = await driver(uow.connection)
    rows = list({(event.insured_id, event.fiscal_year): event for event in events}.values())
    await raw.execute(
        _KEEP,
        [event.insured_id for event in rows],
        [event.fiscal_year for event in rows],
        [event.method.value for event in rows],
        [event.first_due_on for event in rows],
        [event.sequence or 0 for event in rows],
    )


async def said(raw: Connection[Any], insured: Sequence[UUID], fiscal_year: int) -> dict[bytes, tuple[str, date]]:
    """insured_id (16 bytes) → way of collection and first due day, of those about whom collection has said it."""
    rows = await raw.fetch(_SAID, fiscal_year, list(insured))
    return {row["insured_id"].bytes: (row["method"], row["first_due_on"]) for row in rows}
