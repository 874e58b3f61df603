"""The log of entries about people: written once, read in its order (infra/decisions/0015)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.contents import CONTENT, Renumbered
from eligibility_service.domain.entries import Entry
from eligibility_service.store.bulk import keys_of

Person = tuple[str, str]
"""Municipality code and 宛名番号."""

COLUMNS: Final = (
    "entry_id, municipality_code, resident_number, content::text, effective_on, notified_on, late_reason, legal_basis, source, reason, "
    "recorded_by, recorded_at, approval_id, position"
)
_WRITE: Final = """
INSERT INTO ledger_entry (entry_id, municipality_code, resident_number, kind, content, effective_on, notified_on, late_reason, legal_basis,
                          source, reason, recorded_by, recorded_at, approval_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_PEOPLE: Final = f"""
SELECT {COLUMNS} FROM ledger_entry e JOIN unnest($1::text[], $2::text[]) AS k(m, n)
  ON (e.municipality_code, e.resident_number) = (k.m, k.n)
ORDER BY e.position
"""


async def write(uow: UnitOfWork, entry: Entry) -> None:
    """Add an entry to the log; the table refuses a grave one without its approval, and anything that edits."""
    content = json.dumps(entry.content.model_dump(mode="json"), ensure_ascii=False)
    await (await driver(uow.connection)).execute(
        _WRITE, entry.entry_id, entry.municipality_code, entry.resident_number, entry.content.kind, content, entry.effective_on,
        entry.notified_on, entry.late_reason, entry.legal_basis, entry.source.value, entry.reason, entry.recorded_by, entry.recorded_at,
        entry.approval_id,
    )  # fmt: skip


async def of_people(uow: UnitOfWork, people: pl.DataFrame) -> dict[Person, list[Entry]]:
    """Everything entered about `people` (KEY), in the order of the log; whoever has no entry is left out."""
    found: dict[Person, list[Entry]] = {}
    if people.height == 0:
        return found
    for row in await (await driver(uow.connection)).fetch(_PEOPLE, *keys_of(people)):
        entry = entry_of(row)
        found.setdefault((entry.municipality_code, entry.resident_number), []).append(entry)
    return found


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> list[Entry]:
    """Everything entered about one person, in the order of the log; nothing where the reader may not see the person."""
    query = f"SELECT {COLUMNS} FROM ledger_entry WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY position"
    return [entry_of(row) for row in await (await driver(uow.connection)).fetch(query, municipality_code, resident_number)]


def numbers_given(entered: Mapping[Person, Sequence[Entry]]) -> dict[str, str]:
    """insured_id → the 被保険者番号 that the last entry about it gave."""
    return {str(e.content.insured_id): e.content.new_number for log in entered.values() for e in log if isinstance(e.content, Renumbered)}


def entry_of(row: Any) -> Entry:
    """A row of COLUMNS as an entry."""
    found = dict(row)
    return Entry(**found | {"content": CONTENT.validate_json(found["content"])})
