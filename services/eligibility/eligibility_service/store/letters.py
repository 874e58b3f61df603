"""資格に関する通知: the facts that a letter is made from, and the exact PDF that was kept."""

from __future__ import annotations

import hashlib
from typing import Any, Final
from uuid import UUID

import obstore
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.records import RECORD

_QUALIFICATION: Final = """
SELECT insured_id, insured_number, acquired_on, acquisition_ground, lost_on, loss_reason FROM qualification
WHERE (municipality_code, resident_number) = ($1, $2) AND (lost_on IS NULL OR lost_on > acquired_on)
  AND ($3::uuid IS NULL OR insured_id = $3)
ORDER BY ordinal DESC LIMIT 1
"""
_RECORDS: Final = f"""
SELECT DISTINCT ON (sequence) {", ".join(RECORD)} FROM resident_as_known WHERE (municipality_code, resident_number) = ($1, $2)
ORDER BY sequence, lower(recorded_during)
"""
_KEEP: Final = """
INSERT INTO ledger_document (document_id, municipality_code, resident_number, kind, entry_id, insured_id, document_key, document_sha256,
                             made_by, made_at, shows_address)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def qualification(uow: UnitOfWork, municipality_code: str, resident_number: str, insured_id: UUID | None) -> dict[str, Any] | None:
    """One qualification that holds some day: the named one, or the latest."""
    row = await (await driver(uow.connection)).fetchrow(_QUALIFICATION, municipality_code, resident_number, insured_id)
    return dict(row) if row else None


async def records(uow: UnitOfWork, municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Every record of a resident as the municipality told it, by sequence."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_RECORDS, municipality_code, resident_number)]


async def keep(
    uow: UnitOfWork,
    municipality_code: str,
    resident_number: str,
    pdf: bytes,
    *,
    kind: str,
    by: str,
    entry_id: UUID | None,
    insured_id: UUID | None,
    shows_address: bool,
) -> UUID:
    """Keep a letter that was read back, under the hash of its bytes; its identifier."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    key = f"eligibility/letters/{sha256}.pdf"
    await obstore.put_async(uow.store, key, pdf)
    document_id = uuid7()
    await (await driver(uow.connection)).execute(
        _KEEP, document_id, municipality_code, resident_number, kind, entry_id, insured_id, key, sha256, by, uow.now, shows_address
    )
    return document_id


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """The letters of a person that the reader may see, the newest first."""
    rows = await (await driver(uow.connection)).fetch(
        """SELECT document_id, kind, entry_id, insured_id, document_sha256, made_by, made_at FROM ledger_document
        WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY made_at DESC, document_id DESC""",
        municipality_code,
        resident_number,
    )
    return [dict(row) for row in rows]


async def find(uow: UnitOfWork, document_id: UUID) -> dict[str, Any] | None:
    """Where a letter lies and on which page, its hash, whose it is, whether it shows an address; None for none that the reader may see."""
    query = """SELECT document_key, document_page, document_sha256, municipality_code, resident_number, shows_address FROM ledger_document
    WHERE document_id = $1"""
    row = await (await driver(uow.connection)).fetchrow(query, document_id)
    return dict(row) if row else None
