"""引き渡し一覧: certificates and notices of protected people, which a person hands over; they are in no file that goes to the post."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

_ADD = """
INSERT INTO handover (handover_id, municipality_code, resident_number, certificate_id, printed_on)
SELECT k.id, c.municipality_code, c.resident_number, c.certificate_id, $3 FROM unnest($1::uuid[], $2::uuid[]) AS k(id, certificate_id)
JOIN certificate c USING (certificate_id)
"""
_ADD_LETTERS = """
INSERT INTO handover (handover_id, municipality_code, resident_number, letter_id, printed_on)
SELECT k.id, d.municipality_code, d.resident_number, d.document_id, $3 FROM unnest($1::uuid[], $2::uuid[]) AS k(id, document_id)
JOIN ledger_document d USING (document_id)
"""
_WAITING = """
SELECT h.handover_id, h.municipality_code, h.resident_number, h.certificate_id, h.letter_id, h.printed_on, r.name, r.name_kana,
       COALESCE(c.kind, d.kind) AS kind, COALESCE(c.serial, n.serial) AS serial, COALESCE(c.document_page, d.document_page) AS document_page
FROM handover h LEFT JOIN certificate c USING (certificate_id) LEFT JOIN ledger_document d ON d.document_id = h.letter_id
LEFT JOIN copay_notice n USING (letter_id)
JOIN resident_shown r ON (r.municipality_code, r.resident_number) = (h.municipality_code, h.resident_number)
WHERE h.handed_on IS NULL ORDER BY h.printed_on, h.municipality_code, h.resident_number LIMIT $1
"""
_FIND = "SELECT municipality_code, resident_number FROM handover WHERE handover_id = $1 AND handed_on IS NULL FOR UPDATE"
_HAND = "UPDATE handover SET handed_on = $2, handed_by = $3, manner = $4 WHERE handover_id = $1 RETURNING certificate_id"
_HAND_BY_CERTIFICATE = "UPDATE handover SET handed_on = $2, handed_by = $3, manner = $4 WHERE certificate_id = $1 AND handed_on IS NULL"
AT_DELIVERY = "引渡しの記録による"


async def add(uow: UnitOfWork, certificates: Sequence[UUID]) -> None:
    """These certificates were printed apart and wait for a person to hand them over."""
    ids = [uuid7() for _ in certificates]
    await (await driver(uow.connection)).execute(_ADD, ids, list(certificates), uow.today)


async def add_letters(uow: UnitOfWork, letters: Sequence[UUID]) -> None:
    """The same for letters."""
    await (await driver(uow.connection)).execute(_ADD_LETTERS, [uuid7() for _ in letters], list(letters), uow.today)


async def waiting(uow: UnitOfWork, *, limit: int = 500) -> list[dict[str, Any]]:
    """What is still to be handed over, of the reader's municipalities. No address."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_WAITING, limit)]


async def find(uow: UnitOfWork, handover_id: UUID) -> tuple[str, str] | None:
    """Whose paper it is, locked; None where it is handed over already or unknown."""
    row = await (await driver(uow.connection)).fetchrow(_FIND, handover_id)
    return (row["municipality_code"], row["resident_number"]) if row else None


async def hand(uow: UnitOfWork, handover_id: UUID, *, by: str, manner: str) -> UUID | None:
    """It is in the hands of its owner: which certificate that is; None of a letter."""
    found: UUID | None = await (await driver(uow.connection)).fetchval(_HAND, handover_id, uow.today, by, manner)
    return found


async def hand_by_certificate(uow: UnitOfWork, certificate_id: UUID, *, by: str) -> None:
    """The same, for a certificate whose delivery was recorded; one that waits on no list is left alone."""
    await (await driver(uow.connection)).execute(_HAND_BY_CERTIFICATE, certificate_id, uow.today, by, AT_DELIVERY)
