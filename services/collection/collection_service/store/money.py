"""収納元帳: the ledger of money. Entries are made and reversed; the database refuses what does not add up (migration 0004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7


class Account(StrEnum):
    """勘定: between which an entry moves yen."""

    CASH = "cash"
    """現金・預金: what has come in less what was paid out."""
    FEE = "fee"
    """督促手数料"""
    EXTINCT_REFUND = "extinct_refund"
    """時効による収入: paid too much, and the right to have it back is lost (migration 0010)"""
    LATE_CHARGE = "late_charge"
    """延滞金"""
    OVERPAID = "overpaid"
    """過誤納金: paid too much, neither appropriated nor refunded yet"""
    RECEIVABLE = "receivable"
    """未収の保険料: of one instalment"""
    REFUND_ADDITION = "refund_addition"
    """還付加算金"""
    REFUND_PAYABLE = "refund_payable"
    """還付未済: a refund that was decided and not paid out yet"""
    TRANSFER = "transfer"
    """公金振替: between two fiscal years of a person; nothing stays in it (migration 0010)"""
    UNIDENTIFIED = "unidentified"
    """不明入金: money of which nobody knows yet whose it is"""
    WRITTEN_OFF = "written_off"
    """不納欠損"""


@dataclass(frozen=True, slots=True)
class Entry:
    """仕訳: `amount` yen from `credit` to `debit`; a receipt debits cash and credits the receivable of an instalment.

    `number`: the instalment; None where the entry concerns the year or nobody known. `paid_on`: the day that the law counts (収納日).
    `source`: through which channel or by which act. `transaction_id` binds what happened at once.
    """

    transaction_id: UUID
    debit: Account
    credit: Account
    municipality_code: str
    amount: int
    paid_on: date
    source: str
    insured_id: UUID | None = None
    fiscal_year: int | None = None
    number: int | None = None
    reverses: UUID | None = None


@dataclass(frozen=True, slots=True)
class InstalmentState:
    """期別の状態: charged = settled + unpaid; what was written off (不納欠損) counts as settled."""

    insured_id: UUID
    fiscal_year: int
    number: int
    municipality_code: str
    month: int
    due_on: date
    charged: int
    settled: int
    written_off: int
    unpaid: int
    last_paid_on: date | None


_COLUMNS = (
    "transaction_id",
    "debit",
    "credit",
    "insured_id",
    "fiscal_year",
    "number",
    "municipality_code",
    "amount",
    "paid_on",
    "source",
    "reverses",
)
_ENTER = """
INSERT INTO money_entry (entry_id, transaction_id, debit, credit, insured_id, fiscal_year, number, municipality_code, amount, paid_on,
                         source, reverses, entered_on)
SELECT e.*, $13::date
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::int[], $7::int[], $8::text[], $9::bigint[], $10::date[],
            $11::text[], $12::uuid[]) AS e
"""
# OFFSET 0 keeps the view inside: each person is looked up by key, where a join would add up the ledger of everybody.
_STATES = """
SELECT s.* FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::int[]) AS k(insured_id, fiscal_year)) AS k
CROSS JOIN LATERAL (SELECT * FROM instalment_state i WHERE (i.insured_id, i.fiscal_year) = (k.insured_id, k.fiscal_year) OFFSET 0) AS s
WHERE s.charged > 0 ORDER BY s.insured_id, s.fiscal_year, s.due_on, s.number
"""


async def enter(raw: Connection[Any], entries: Sequence[Entry], *, today: date) -> list[UUID]:
    """Write entries by one statement and return their ids. The database refuses all of them where an instalment would be settled beyond
    its charge, or more given back than was paid too much."""
    identifiers = [uuid7() for _ in entries]
    columns = ([getattr(entry, name) for entry in entries] for name in _COLUMNS)
    await raw.execute(_ENTER, identifiers, *columns, today)
    return identifiers


async def states(raw: Connection[Any], keys: Sequence[tuple[UUID, int]]) -> list[InstalmentState]:
    """The instalments of people and fiscal years as they stand, the oldest due day first; what is not charged any more is left out."""
    rows = await raw.fetch(_STATES, [key[0] for key in keys], [key[1] for key in keys])
    return [InstalmentState(**dict(row)) for row in rows]
