"""Copay rates for the tests of what stands on certificates, written as if they had been decided."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from eligibility_service.rules.copay.columns import LimitClass

from services.eligibility.tests.world import World

_EMPTY = {
    "bigint": "0",
    "integer": "0",
    "smallint": "0",
    "boolean": "false",
    "text": "''",
    "uuid": "gen_random_uuid()",
    "date": "'2026-08-01'",
}


async def decided(world: World, insured_id: UUID, percent: int, limit_class: LimitClass, first: date, last: date) -> None:
    """The rate of one person from a first to a last day; every other column of the decision is empty."""
    columns = await world.rows(
        """SELECT column_name AS name, data_type AS type FROM information_schema.columns
        WHERE table_name = 'copay_rate' AND column_name <> 'recorded_from'"""
    )
    known = {
        "insured_id": f"'{insured_id}'",
        "copay_year": str(first.year if first.month >= 8 else first.year - 1),
        "rate_percent": str(percent),
        "limit_class": str(limit_class.value),
        "valid_from": f"'{first}'",
        "valid_until": f"'{last}'",
    }
    values = ", ".join(known.get(row["name"], _EMPTY.get(row["type"], "''")) for row in columns)
    names = ", ".join(row["name"] for row in columns)
    anew = ", ".join(f"{name} = excluded.{name}" for name in known)
    await world.rows(f"INSERT INTO copay_rate ({names}) VALUES ({values}) ON CONFLICT (insured_id, copay_year) DO UPDATE SET {anew}")
