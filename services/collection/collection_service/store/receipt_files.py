"""Files of receipts: applied whole, once, to the yen that they state; what is expected of whom, and what has not come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7

from collection_service.domain.receiving import Receipt, Taken
from collection_service.store import receipts as kept

_FILE = """
SELECT file_id, settled, overpaid, unidentified, repeated FROM receipt_file WHERE sha256 = $1
"""
_KEEP = """
INSERT INTO receipt_file (file_id, kind, municipality_code, business_day, sha256, stated_count, stated_amount, settled, overpaid,
                          unidentified, repeated, repeated_count, applied_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_EXPECT = "INSERT INTO receipt_file_expected (kind, municipality_code, business_day) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_REFUSE = """
INSERT INTO receipt_file_refusal (refusal_id, kind, municipality_code, business_day, sha256, reason, refused_on)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_MISSING = """
SELECT w.kind, w.business_day, r.reason AS refused FROM (
    SELECT kind, business_day FROM receipt_file_expected WHERE municipality_code = $1 AND business_day <= $2
    UNION
    SELECT kind, business_day FROM receipt_file_refusal WHERE municipality_code = $1 AND business_day <= $2
) AS w
LEFT JOIN LATERAL (
    SELECT reason FROM receipt_file_refusal f WHERE (f.municipality_code, f.kind, f.business_day) = ($1, w.kind, w.business_day)
    ORDER BY refusal_id DESC LIMIT 1
) AS r ON true
WHERE NOT EXISTS (
    SELECT FROM receipt_file f WHERE (f.municipality_code, f.kind, f.business_day) = ($1, w.kind, w.business_day)
)
ORDER BY w.business_day, w.kind
"""


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """One file of a bank, an agent or a pension payer, and what it states of itself: how many receipts, of how many yen.

    `kind`: bank, convenience, pension … `business_day`: the day that it is the file of. `sha256`: of its bytes, in lower case.
    """

    kind: str
    municipality_code: str
    business_day: date
    sha256: str
    stated_count: int
    stated_amount: int


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a file, yen: stated = settled + overpaid + unidentified + `repeated`, the last what had come before in other files.

    `already`: this very file was applied before, and nothing has changed. `taken`: what became of each receipt, then empty.
    """

    file_id: UUID
    settled: int
    overpaid: int
    unidentified: int
    repeated: int
    already: bool
    taken: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A day of which no balanced file is here. `refused`: why the last one that came was refused; None: none came."""

    kind: str
    business_day: date
    refused: str | None


class FileNotBalanced(Exception):
    """A file that does not hold what it states. Nothing of it is applied (I-29)."""


async def apply(raw: Connection[Any], file: ReceiptFile, receipts: Sequence[Receipt], *, today: date) -> Applied:
    """Enter the receipts of a file, all or none. FileNotBalanced where they are not what it states; the same file again changes nothing."""
    stated, held = (file.stated_count, file.stated_amount), (len(receipts), sum(receipt.amount for receipt in receipts))
    if stated != held:
        raise FileNotBalanced(
            f"The {file.kind} file of {file.business_day} for {file.municipality_code} states {stated[0]} receipts of {stated[1]} yen and "
            f"holds {held[0]} of {held[1]} yen. Nothing was applied: ask for it again."
        )
    strangers = {receipt.municipality_code for receipt in receipts} - {file.municipality_code}
    if strangers:
        raise FileNotBalanced(f"The {file.kind} file of {file.municipality_code} holds receipts of {', '.join(sorted(strangers))}.")
    await raw.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", file.sha256)
    before = await raw.fetchrow(_FILE, file.sha256)
    if before is not None:
        return Applied(**dict(before), already=True, taken=())

    file_id = uuid7()
    taken = await kept.take(raw, receipts, today=today, file_id=file_id)
    repeated = [receipt.amount for receipt, answer in zip(receipts, taken, strict=True) if answer.repeated]
    settled, overpaid, unidentified = (sum(getattr(answer, name) for answer in taken) for name in ("settled", "overpaid", "unidentified"))
    await raw.execute(
        _KEEP, file_id, file.kind, file.municipality_code, file.business_day, file.sha256, *stated, settled, overpaid, unidentified,
        sum(repeated), len(repeated), today,
    )  # fmt: skip
    return Applied(file_id, settled, overpaid, unidentified, sum(repeated), already=False, taken=tuple(taken))


async def refuse(raw: Connection[Any], file: ReceiptFile, reason: str, *, today: date) -> None:
    """Keep that a file came and was refused, in a transaction of its own: its day is missing until a balanced one is applied."""
    row = (uuid7(), file.kind, file.municipality_code, file.business_day, file.sha256, reason, today)
    await raw.execute(_REFUSE, *row)


async def expect(raw: Connection[Any], kind: str, municipality_code: str, business_day: date) -> None:
    """到着予定: a file of this kind is to come for a municipality and day; said again, nothing changes."""
    await raw.execute(_EXPECT, kind, municipality_code, business_day)


async def missing(raw: Connection[Any], municipality_code: str, until: date) -> list[Missing]:
    """What was to come until a day and has not come, or came and is not balanced; 督促 is locked while there is anything (I-29)."""
    return [Missing(**dict(row)) for row in await raw.fetch(_MISSING, municipality_code, until)]
