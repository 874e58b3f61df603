"""みなし届: the notices that the resident register made by itself (the view deemed_notice)."""

from __future__ import annotations

from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.entries import is_late

_OF_PERSON: Final = """
SELECT kind, cause, effective_on, notified_on, made_at, sequence, change_reason, source, legal_basis FROM deemed_notice
WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY made_at DESC, effective_on DESC
"""


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str, *, days: int) -> list[dict[str, Any]]:
    """The deemed notices of a person, the newest first; `late` where the move was declared after `days` days."""
    rows = await (await driver(uow.connection)).fetch(_OF_PERSON, municipality_code, resident_number)
    return [{**dict(row), "late": bool(row["notified_on"] and is_late(row["effective_on"], row["notified_on"], days=days))} for row in rows]
