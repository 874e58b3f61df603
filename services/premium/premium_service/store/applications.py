"""減免・徴収猶予の申請: taken in once, decided once; what was asked and what was decided is kept for good."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.domain.people import Known

_KEEP: Final = """
INSERT INTO premium_application (application_id, kind, insured_id, municipality_code, resident_number, fiscal_year, applied_on, content,
    state, taken_by, taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'received', $9, $10)
"""
_COLUMNS: Final = """
a.application_id, a.kind, a.insured_id, a.municipality_code, a.resident_number, a.fiscal_year, a.applied_on, a.content::text AS content,
a.state, a.taken_by, a.taken_at, a.decided_on, a.decision::text AS decision, p.asked_by, p.decided_by,
EXISTS (SELECT FROM approval w WHERE w.state = 'asked' AND w.content->>'application_id' = a.application_id::text) AS waits_for_approval
"""
_FROM: Final = "FROM premium_application a LEFT JOIN approval p ON p.approval_id = a.approval_id"
_OF_PERSON: Final = f"SELECT {_COLUMNS} {_FROM} WHERE (a.municipality_code, a.resident_number) = ($1, $2) ORDER BY a.taken_at DESC"
_ONE: Final = f"SELECT {_COLUMNS} {_FROM} WHERE a.application_id = $1"
_LISTED: Final = f"""
SELECT {_COLUMNS}, r.name, $2::date - a.applied_on AS days {_FROM}
JOIN resident r ON (r.municipality_code, r.resident_number) = (a.municipality_code, a.resident_number)
WHERE a.state = $1 ORDER BY a.taken_at LIMIT $3
"""
_DECIDE: Final = """
UPDATE premium_application SET state = $2, decided_on = $3, decision = $4, approval_id = $5 WHERE application_id = $1 AND state = ANY($6)
RETURNING application_id
"""
_WITHDRAW: Final = (
    "UPDATE premium_application SET state = 'withdrawn' WHERE application_id = $1 AND state = 'received' RETURNING application_id"
)


async def keep(uow: UnitOfWork, kind: str, known: Known, fiscal_year: int, applied_on: date, content: dict[str, Any], *, by: str) -> UUID:
    """An application as it was handed in."""
    application_id = uuid7()
    await (await driver(uow.connection)).execute(
        _KEEP, application_id, kind, known.insured_id, *known.person, fiscal_year, applied_on,
        json.dumps(content, ensure_ascii=False), by, uow.now,
    )  # fmt: skip
    return application_id


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Every application of a person, the newest first."""
    return [_read(row) for row in await (await driver(uow.connection)).fetch(_OF_PERSON, municipality_code, resident_number)]


async def find(uow: UnitOfWork, application_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """One application; `lock` keeps it from another decision until the transaction ends."""
    query = f"{_ONE} FOR UPDATE OF a" if lock else _ONE
    row = await (await driver(uow.connection)).fetchrow(query, application_id)
    return _read(row) if row else None


async def listing(uow: UnitOfWork, state: str, *, limit: int = 500) -> list[dict[str, Any]]:
    """Applications in a state that the reader may see, the longest waiting first."""
    return [_read(row) for row in await (await driver(uow.connection)).fetch(_LISTED, state, uow.today, limit)]


async def decide(
    uow: UnitOfWork,
    application_id: UUID,
    state: str,
    decision: dict[str, Any],
    approval_id: UUID,
    *,
    before: tuple[str, ...] = ("received",),
) -> bool:
    """Keep a decision; False where the application is in none of the states `before`."""
    in_order = {**decision, "shown": list(decision["shown"].items())}  # jsonb does not keep the order of names
    kept = json.dumps(in_order, ensure_ascii=False, default=str)
    raw = await driver(uow.connection)
    return await raw.fetchval(_DECIDE, application_id, state, uow.today, kept, approval_id, list(before)) is not None


async def withdraw(uow: UnitOfWork, application_id: UUID) -> bool:
    """取下げ: whoever applied takes it back; False where it is decided already."""
    return await (await driver(uow.connection)).fetchval(_WITHDRAW, application_id) is not None


def _read(row: Any) -> dict[str, Any]:
    return {
        **dict(row),
        "content": json.loads(row["content"]),
        "decision": _decision(row["decision"]),
    }


def _decision(kept: str | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    found: dict[str, Any] = json.loads(kept)
    return {**found, "shown": dict(found["shown"])}
