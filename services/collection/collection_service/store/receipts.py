"""収納: receipts as their sources told them, entered in the ledger of money whole, each once; and taken back whole, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7

from collection_service.domain.receiving import (
    AlreadyGivenBack,
    ContradictoryReceipt,
    Instalment,
    Known,
    Receipt,
    Settled,
    Standing,
    Taken,
    allocate,
    brought_back,
    instalment_of,
    new_ones,
)
from collection_service.store import charges, money
from collection_service.store.money import Account, Entry

__all__ = ("AlreadyGivenBack", "ContradictoryReceipt", "Receipt", "Taken", "UnknownReceipt", "take", "take_back")

_TOLD = ("source", "reference", "municipality_code", "amount", "paid_on", "insured_id", "fiscal_year", "number")
# One at a time of one source and municipality: the same reference twice at once would otherwise be found only by the unique key.
_LOCK_SOURCE = "SELECT pg_advisory_xact_lock(hashtextextended('receipt:' || $1, 0))"
_LOCK_PEOPLE = """
SELECT count(*) FROM (
    SELECT FROM assessment WHERE (insured_id, fiscal_year) IN (SELECT * FROM unnest($1::uuid[], $2::int[]))
    ORDER BY insured_id, fiscal_year FOR UPDATE
) AS held
"""
_THERE = f"""
SELECT {", ".join(f"r.{name}" for name in _TOLD)} FROM receipt r
JOIN unnest($1::text[], $2::text[]) AS k(source, reference) ON (r.source, r.reference) = (k.source, k.reference)
"""
_YEARS = """
SELECT a.insured_id, a.fiscal_year, a.municipality_code FROM assessment a
WHERE (a.insured_id, a.fiscal_year) IN (SELECT * FROM unnest($1::uuid[], $2::int[]))
"""
_STANDING = """
SELECT k.insured_id, k.fiscal_year, k.number, c.municipality_code, greatest(c.charged - m.settled, 0) AS unpaid, m.settled, m.moved
FROM unnest($1::uuid[], $2::int[], $3::int[]) AS k(insured_id, fiscal_year, number)
CROSS JOIN LATERAL (
    SELECT (array_agg(e.municipality_code ORDER BY e.revision DESC))[1] AS municipality_code, sum(e.amount)::bigint AS charged
    FROM charge_entry e WHERE (e.insured_id, e.fiscal_year, e.number) = (k.insured_id, k.fiscal_year, k.number)
) AS c
CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE WHEN m.credit = 'receivable' THEN m.amount WHEN m.debit = 'receivable' THEN -m.amount END), 0)::bigint
               AS settled,
           coalesce(sum(CASE WHEN (m.debit, m.credit) = ('receivable', 'overpaid') THEN m.amount
                             WHEN (m.debit, m.credit) = ('overpaid', 'receivable') THEN -m.amount END), 0)::bigint AS moved
    FROM money_entry m WHERE (m.insured_id, m.fiscal_year, m.number) = (k.insured_id, k.fiscal_year, k.number)
) AS m
WHERE c.charged IS NOT NULL
"""
_KEEP = """
INSERT INTO receipt (receipt_id, source, reference, municipality_code, amount, paid_on, insured_id, fiscal_year, number, file_id, taken_on)
SELECT r.*, $10::uuid, $11::date
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::date[], $7::uuid[], $8::int[], $9::int[]) AS r
"""
_ENTRIES_THAT_HOLD = """
SELECT m.entry_id, m.debit, m.credit, m.insured_id, m.fiscal_year, m.number, m.municipality_code, m.amount, m.paid_on
FROM money_entry m
WHERE m.transaction_id = $1 AND m.reverses IS NULL AND NOT EXISTS (SELECT FROM money_entry r WHERE r.reverses = m.entry_id)
"""
_OVERPAID = """
SELECT coalesce(sum(CASE WHEN credit = 'overpaid' THEN amount ELSE -amount END), 0)::bigint FROM money_entry
WHERE (insured_id, fiscal_year) = ($1, $2) AND 'overpaid' IN (debit, credit)
"""
_CANCEL = """
INSERT INTO receipt_cancellation (receipt_id, municipality_code, reason, cancelled_on) VALUES ($1, $2, $3, $4)
ON CONFLICT (receipt_id) DO NOTHING RETURNING true
"""


class UnknownReceipt(Exception):
    """A receipt that nobody has told us of."""


async def take(raw: Connection[Any], receipts: Sequence[Receipt], *, today: date, file_id: UUID | None = None) -> list[Taken]:
    """Enter receipts, each whole and once, and say what became of each, in their order.

    A reference that is there already changes nothing; ContradictoryReceipt, and nothing entered, where it comes with anything else changed.
    """
    await lock_sources(raw, {(receipt.source, receipt.municipality_code) for receipt in receipts})
    rows = await raw.fetch(_THERE, [receipt.source for receipt in receipts], [receipt.reference for receipt in receipts])
    fresh = new_ones(receipts, (Receipt(**dict(row)) for row in rows))

    await lock_people(raw, ((receipt.insured_id, receipt.fiscal_year) for receipt in fresh))
    answers = allocate(fresh, await known_of(raw, fresh))
    identifiers = [uuid7() for _ in fresh]
    await money.enter(raw, [entry for row in zip(fresh, answers, identifiers, strict=True) for entry in entries_of(*row)], today=today)
    await raw.execute(_KEEP, identifiers, *([getattr(receipt, name) for receipt in fresh] for name in _TOLD), file_id, today)

    made = {(receipt.source, receipt.reference): answer for receipt, answer in zip(fresh, answers, strict=True)}
    return [made.pop((receipt.source, receipt.reference), Taken(receipt.reference, 0, 0, 0, True)) for receipt in receipts]


async def take_back(raw: Connection[Any], source: str, reference: str, *, today: date, reason: str) -> bool:
    """取消: reverse every entry of a receipt, once; False where it was taken back before.

    UnknownReceipt where there is none; AlreadyGivenBack, and nothing reversed, where its money was refunded or appropriated since.
    """
    receipt = await raw.fetchrow(
        "SELECT receipt_id, municipality_code FROM receipt WHERE (source, reference) = ($1, $2)", source, reference
    )
    if receipt is None:
        raise UnknownReceipt(f"There is no receipt {reference} of {source}.")
    await lock_sources(raw, {(source, receipt["municipality_code"])})
    if not await raw.fetchval(_CANCEL, receipt["receipt_id"], receipt["municipality_code"], reason, today):
        return False
    held = await raw.fetch(_ENTRIES_THAT_HOLD, receipt["receipt_id"])
    await lock_people(raw, ((entry["insured_id"], entry["fiscal_year"]) for entry in held))
    undone = [
        Entry(
            transaction_id=receipt["receipt_id"],
            debit=Account(entry["credit"]),
            credit=Account(entry["debit"]),
            municipality_code=entry["municipality_code"],
            amount=entry["amount"],
            paid_on=entry["paid_on"],
            source=source,
            insured_id=entry["insured_id"],
            fiscal_year=entry["fiscal_year"],
            number=entry["number"],
            reverses=entry["entry_id"],
        )
        for entry in held
    ]
    await money.enter(raw, [*undone, *await _returned(raw, undone, today)], today=today)
    return True


async def lock_people(raw: Connection[Any], people: Iterable[tuple[UUID | None, int | None]]) -> None:
    """Hold the assessments of people and fiscal years until the transaction ends: nobody else charges or settles them meanwhile."""
    await raw.fetchval(_LOCK_PEOPLE, *_columns({key for key in people if None not in key}, 2))


async def lock_sources(raw: Connection[Any], sources: set[tuple[str, str]]) -> None:
    """Hold sources and their municipalities until the transaction ends; no batch is charged meanwhile."""
    await charges.share(raw)
    for source, municipality_code in sorted(sources):
        await raw.execute(_LOCK_SOURCE, f"{source}:{municipality_code}")


async def known_of(raw: Connection[Any], receipts: Sequence[Receipt]) -> Known:
    """What is known of those whom receipts name; read after `lock_people`."""
    years = {(receipt.insured_id, receipt.fiscal_year) for receipt in receipts if receipt.fiscal_year is not None}
    numbered = {key for receipt in receipts if (key := instalment_of(receipt)) is not None}
    return Known(
        years={(row[0], row[1]): row[2] for row in await raw.fetch(_YEARS, *_columns(years, 2))},
        instalments={
            (row["insured_id"], row["fiscal_year"], row["number"]): Standing(row["municipality_code"], row["unpaid"])
            for row in await raw.fetch(_STANDING, *_columns(numbered, 3))
        },
    )


def entries_of(receipt: Receipt, answer: Taken, receipt_id: UUID) -> Iterable[Entry]:
    """The entries of a receipt: from cash to the instalment, to what is overpaid, to what is unidentified."""
    if answer.unidentified:
        yield Entry(
            receipt_id, Account.CASH, Account.UNIDENTIFIED, receipt.municipality_code, answer.unidentified, receipt.paid_on, receipt.source
        )
    for amount, account, number in ((answer.settled, Account.RECEIVABLE, receipt.number), (answer.overpaid, Account.OVERPAID, None)):
        if amount:
            yield Entry(
                receipt_id, Account.CASH, account, receipt.municipality_code, amount, receipt.paid_on, receipt.source,
                receipt.insured_id, receipt.fiscal_year, number,
            )  # fmt: skip


async def _returned(raw: Connection[Any], undone: Sequence[Entry], today: date) -> list[Entry]:
    """What a lowered charge had moved from these instalments to overpaid returns to them; AlreadyGivenBack where it is not there."""
    returned: list[Entry] = []
    for key in sorted({(entry.insured_id, entry.fiscal_year) for entry in undone if entry.insured_id is not None}, key=str):
        of_year = [entry for entry in undone if (entry.insured_id, entry.fiscal_year) == key]
        overpaid = await raw.fetchval(_OVERPAID, *key) - sum(entry.amount for entry in of_year if entry.debit == Account.OVERPAID)
        settled = {_at(entry): entry for entry in of_year if entry.debit == Account.RECEIVABLE}
        rows = await raw.fetch(_STANDING, *_columns(settled, 3))
        standing = {(row["insured_id"], row["fiscal_year"], row["number"]): Settled(row["settled"], row["moved"]) for row in rows}
        back = brought_back({at: entry.amount for at, entry in settled.items()}, standing, overpaid=overpaid)
        returned += [
            Entry(
                entry.transaction_id, Account.OVERPAID, Account.RECEIVABLE, entry.municipality_code, back[at], today, entry.source,
                entry.insured_id, entry.fiscal_year, entry.number,
            )
            for at, entry in settled.items() if at in back
        ]  # fmt: skip
    return returned


def _at(entry: Entry) -> Instalment:
    """The instalment of an entry that settles one."""
    match entry.insured_id, entry.fiscal_year, entry.number:
        case UUID() as insured_id, int(fiscal_year), int(number):
            return insured_id, fiscal_year, number
    raise ValueError(f"An entry from {entry.credit} to {entry.debit} settles no instalment.")


def _columns(keys: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Keys as one array a column."""
    return [list(column) for column in zip(*keys, strict=True)] or [[] for _ in range(width)]
