"""The insured, as the ledger of eligibility last said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.store.residents import NEVER, numbers_of

POSITIONS = """
SELECT insured_id::text AS position, sequence FROM insured WHERE insured_id = ANY($1::text[]::uuid[]) ORDER BY insured_id FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class InsuredRecord:
    """One qualification: from when, until when, on which ground."""

    insured_id: UUID
    insured_number: str
    municipality_code: str
    resident_number: str
    acquired_on: date
    lost_on: date | None
    by_disability: bool
    sequence: int


async def apply_insured(records: Sequence[InsuredRecord], uow: UnitOfWork) -> list[tuple[int, date]]:
    """Write the records, in order; returns of each the resident number and the first day on which the qualification is another than
    before."""
    raw = await driver(uow.connection)
    known = {row["insured_id"]: row for row in await raw.fetch(_KNOWN, [record.insured_id for record in records])}
    numbers = await numbers_of(raw, [(record.municipality_code, record.resident_number) for record in records])
    residents = {record.insured_id: numbers[record.municipality_code, record.resident_number] for record in records}
    rows = sorted({record.insured_id: record for record in records}.values(), key=lambda record: record.insured_id)
    await raw.execute(
        _UPSERT,
        [record.insured_id for record in rows],
        [residents[record.insured_id] for record in rows],
        [record.municipality_code for record in rows],
        [record.insured_number for record in rows],
        [record.acquired_on for record in rows],
        [record.lost_on or NEVER for record in rows],
        [record.by_disability for record in rows],
        [record.sequence for record in rows],
    )
    return [(residents[record.insured_id], _changed_from(record, known.get(record.insured_id))) for record in records]


def _changed_from(record: InsuredRecord, before: Any) -> date:
    if before is None or before["by_disability"] != record.by_disability:
        return record.acquired_on
    acquired_on: date = before["acquired_on"]
    lost_on: date = before["lost_on"]
    return min(acquired_on, record.acquired_on) if acquired_on != record.acquired_on else min(lost_on, record.lost_on or NEVER)


_KNOWN = "SELECT insured_id, acquired_on, lost_on, by_disability FROM insured WHERE insured_id = ANY($1::uuid[])"

_UPSERT = """
INSERT INTO insured (insured_id, resident, municipality_code, insured_number, acquired_on, lost_on, by_disability, sequence)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::date[], $6::date[], $7::boolean[], $8::int[])
ON CONFLICT (insured_id) DO UPDATE SET insured_number = excluded.insured_number, acquired_on = excluded.acquired_on,
    lost_on = excluded.lost_on, by_disability = excluded.by_disability, sequence = excluded.sequence
"""
