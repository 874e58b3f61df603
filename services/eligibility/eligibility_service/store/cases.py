"""作業一覧: what a person must look at. Raised and closed here, told to the gateway, which shows it to the municipality."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CaseClosed, CaseKind, CaseRaised

Person = tuple[str, str]
"""Municipality code and 宛名番号."""

_RAISE: Final = """
INSERT INTO worklist_item (id, kind, municipality_code, resident_number, detail, opened_at)
SELECT k.id, $2, k.m, k.n, k.detail, $6 FROM unnest($1::uuid[], $3::text[], $4::text[], $5::text[]) AS k(id, m, n, detail)
ON CONFLICT (kind, municipality_code, resident_number) WHERE closed_at IS NULL DO UPDATE SET detail = excluded.detail
RETURNING id, municipality_code, resident_number
"""
_CLOSE: Final = """
UPDATE worklist_item w SET closed_at = $4 FROM unnest($2::text[], $3::text[]) AS k(m, n)
WHERE w.kind = $1 AND (w.municipality_code, w.resident_number) = (k.m, k.n) AND w.closed_at IS NULL
RETURNING w.id, w.municipality_code, w.resident_number
"""


async def raise_cases(
    uow: UnitOfWork, kind: CaseKind, people: Sequence[Person], details: Sequence[str], *, waiting_since: date | None = None
) -> None:
    """One open case of a kind for each person; `details` (Japanese) are shown to those who deal with it. Open ones are only told anew."""
    if not people:
        return
    raw = await driver(uow.connection)
    ids = [uuid7() for _ in people]
    codes, numbers = [code for code, _ in people], [number for _, number in people]
    rows = await raw.fetch(_RAISE, ids, kind.value, codes, numbers, list(details), uow.now)
    new = set(ids)
    uow.publish(
        *(
            CaseRaised(
                effective_on=uow.today,
                municipality_code=row["municipality_code"],
                resident_number=row["resident_number"],
                case_id=row["id"],
                kind=kind,
                waiting_since=waiting_since or uow.today,
            )
            for row in rows
            if row["id"] in new
        )
    )


async def close_cases(uow: UnitOfWork, kind: CaseKind, people: Sequence[Person]) -> list[UUID]:
    """Close the open cases of a kind of these people; the identifiers of what was closed."""
    if not people:
        return []
    raw = await driver(uow.connection)
    rows = await raw.fetch(_CLOSE, kind.value, [code for code, _ in people], [number for _, number in people], uow.now)
    uow.publish(
        *(
            CaseClosed(
                effective_on=uow.today,
                municipality_code=row["municipality_code"],
                resident_number=row["resident_number"],
                case_id=row["id"],
                kind=kind,
            )
            for row in rows
        )
    )
    return [row["id"] for row in rows]
