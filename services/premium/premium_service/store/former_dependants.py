"""被用者保険の被扶養者であった者, as eligibility last said; whoever has no line, or one without an answer, is not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import FormerDependantDetermined

POSITIONS = """
SELECT insured_id::text AS position, sequence FROM former_dependant
WHERE insured_id = ANY($1::text[]::uuid[]) ORDER BY insured_id FOR UPDATE
"""
_KEEP = """
INSERT INTO former_dependant (insured_id, joined_on, was_dependant, sequence)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::boolean[], $4::int[])
ON CONFLICT (insured_id) DO UPDATE SET joined_on = excluded.joined_on, was_dependant = excluded.was_dependant, sequence = excluded.sequence
WHERE excluded.sequence > former_dependant.sequence
"""
_HOUSEHOLDS = """
SELECT i.insured_id, i.acquired_on, m.household_id FROM insured i JOIN membership m ON m.resident = i.resident
WHERE i.insured_id = ANY($1::uuid[])
"""
_UNKNOWN = """
SELECT count(DISTINCT a.insured_id) FROM assessment_input a LEFT JOIN former_dependant f USING (insured_id)
WHERE a.run_id = $1 AND a.is_assessed AND f.was_dependant IS NULL
"""


async def keep(events: Sequence[FormerDependantDetermined], uow: UnitOfWork) -> dict[UUID, tuple[date, list[int]]]:
    """Keep what was said, of several about one the last; returns the day of acquisition of each, and where each lives or has lived."""
    raw = await driver(uow.connection)
    rows = list({event.insured_id: event for event in events}.values())
    await raw.execute(
        _KEEP,
        [event.insured_id for event in rows],
        [event.joined_on for event in rows],
        [event.former_dependant for event in rows],
        [event.sequence or 0 for event in rows],
    )
    households: dict[UUID, tuple[date, list[int]]] = {}
    for insured_id, acquired_on, household in await raw.fetch(_HOUSEHOLDS, [event.insured_id for event in rows]):
        households.setdefault(insured_id, (acquired_on, []))[1].append(household)
    return households


async def unknown_in_run(raw: Connection[Any], run_id: UUID) -> int:
    """For how many of those whom a run assesses nobody knows whether they were dependants."""
    return int(await raw.fetchval(_UNKNOWN, run_id))


async def known_of(raw: Connection[Any], insured_id: UUID) -> tuple[bool | None, date | None]:
    """Whether a person was a dependant, and the day of joining that counts; None where nobody knows."""
    row = await raw.fetchrow("SELECT was_dependant, joined_on FROM former_dependant WHERE insured_id = $1", insured_id)
    return (row["was_dependant"], row["joined_on"]) if row else (None, None)
