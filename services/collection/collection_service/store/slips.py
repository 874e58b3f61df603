"""納付書: planned by a run in letters of one person each, then issued with their page, refused with a reason, or overtaken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection

from collection_service.domain.slips import Issued, Planned
from collection_service.store.addressees import addressee_of

FOLDER: Final = "collection/slips"
_GIVE_WAY: Final = """
UPDATE slip SET state = 'overtaken' WHERE state = 'planned' AND fiscal_year = $1 AND ($2::text IS NULL OR municipality_code = $2)
"""
# What is past due and was never to be taken from an account is asked for by a demand (督促), which brings its own slip.
_PLAN: Final = """
INSERT INTO slip (run_id, letter, municipality_code, resident_number, insured_id, fiscal_year, number, month, due_on, amount,
                  failed_debit_id, reissued, state)
SELECT $1, dense_rank() OVER (
           ORDER BY m.municipality_code, a.postal_code, a.address_town, a.address_number, m.resident_number, m.insured_id
       ),
       m.municipality_code, m.resident_number, m.insured_id, m.fiscal_year, m.number, m.month, m.due_on, m.unpaid, m.failed_debit_id,
       EXISTS (
           SELECT FROM slip e WHERE (e.insured_id, e.fiscal_year, e.number) = (m.insured_id, m.fiscal_year, m.number) AND e.state = 'issued'
       ), 'planned'
FROM instalment_method m LEFT JOIN addressee a USING (municipality_code, resident_number)
LEFT JOIN deferral d ON (d.insured_id, d.fiscal_year) = (m.insured_id, m.fiscal_year)
WHERE m.fiscal_year = $2 AND ($3::text IS NULL OR m.municipality_code = $3) AND m.method = 'slip' AND m.unpaid > 0
  AND (m.due_on >= $4 OR m.failed_debit_id IS NOT NULL) AND coalesce(d.deferred_until[array_position(d.numbers, m.number)] < m.due_on, true)
  AND NOT EXISTS (
      SELECT FROM slip s WHERE (s.insured_id, s.fiscal_year, s.number) = (m.insured_id, m.fiscal_year, m.number)
      AND s.state = 'issued' AND s.amount = m.unpaid AND s.usable_until >= $4
  )
ORDER BY 2, m.due_on, m.number
"""
_TAKE: Final = """
SELECT s.slip_number, s.letter, s.municipality_code, s.resident_number, s.insured_id, s.fiscal_year, s.number, s.month, s.due_on, s.amount,
       s.reissued, f.result_code, i.insured_number, y.provisional, a.status, a.name, a.postal_code, a.address_prefecture,
       a.address_municipality, a.address_town, a.address_number, a.address_building, a.address_withheld,
       m.method = 'slip' AND m.unpaid = s.amount AND m.due_on = s.due_on AND m.failed_debit_id IS NOT DISTINCT FROM s.failed_debit_id
           AS still_so
FROM slip s JOIN assessment y USING (insured_id, fiscal_year)
LEFT JOIN LATERAL (  -- OFFSET: one person's charges at a time, and not the whole ledger
    SELECT * FROM instalment_method v WHERE (v.insured_id, v.fiscal_year, v.number) = (s.insured_id, s.fiscal_year, s.number) OFFSET 0
) AS m ON true
LEFT JOIN debit f ON f.debit_id = s.failed_debit_id LEFT JOIN insured i ON i.insured_id = s.insured_id
LEFT JOIN addressee_shown a ON (a.municipality_code, a.resident_number) = (s.municipality_code, s.resident_number)
WHERE s.run_id = $1 AND s.letter BETWEEN $2 AND $3 AND s.state = 'planned' ORDER BY s.letter, s.due_on, s.number
FOR UPDATE OF s FOR SHARE OF y
"""
_ISSUED: Final = """
UPDATE slip s SET state = 'issued', usable_until = k.usable_until, slip_code = k.code, page = k.page, cover_page = k.cover, issued_on = $6,
    document_sha256 = $7, by_hand = $8
FROM unnest($1::bigint[], $2::date[], $3::text[], $4::int[], $5::int[]) AS k(slip_number, usable_until, code, page, cover)
WHERE s.slip_number = k.slip_number
"""
_REFUSED: Final = """
UPDATE slip s SET state = 'refused', refusal = k.reason FROM unnest($1::bigint[], $2::text[]) AS k(slip_number, reason)
WHERE s.slip_number = k.slip_number
"""
_WITH_ACCOUNT: Final = """
SELECT count(*) FROM slip s JOIN bank_mandate b
    ON (b.municipality_code, b.resident_number) = (s.municipality_code, s.resident_number) AND b.valid_during @> s.due_on
WHERE s.run_id = $1 AND s.state = 'issued'
  AND NOT EXISTS (SELECT FROM debit d WHERE d.debit_id = s.failed_debit_id AND d.state = 'failed')
"""
_OF_PERSON: Final = """
SELECT s.slip_number, s.fiscal_year, s.number, s.month, s.due_on, s.amount, s.state, s.usable_until, s.slip_code, s.issued_on, s.reissued,
       s.refusal, s.failed_debit_id IS NOT NULL AS after_failed_debit, c.announced_on, c.confirmed_on, c.taken_back_on
FROM slip s LEFT JOIN convenience_payment c ON c.municipality_code = s.municipality_code AND c.slip_code = s.slip_code
WHERE (s.municipality_code, s.resident_number) = ($1, $2) AND s.state IN ('issued', 'refused') ORDER BY s.slip_number DESC
"""
_DOCUMENT: Final = """
SELECT document_sha256, page FROM slip WHERE (municipality_code, resident_number, slip_number, state) = ($1, $2, $3, 'issued')
"""


def key_of(sha256: str) -> str:
    """Where a print file lies in the object store."""
    return f"{FOLDER}/{sha256}.pdf"


async def plan(raw: Connection[Any], run_id: UUID, fiscal_year: int, municipality_code: str | None, *, today: date) -> None:
    """Plan a slip for every instalment that is paid by slip and has none that can still be used; plans of earlier runs give way."""
    await raw.execute(_GIVE_WAY, fiscal_year, municipality_code)
    await raw.execute(_PLAN, run_id, fiscal_year, municipality_code, today)


async def take(raw: Connection[Any], run_id: UUID, first: int, last: int) -> list[Planned]:
    """The slips of letters `first` to `last` that are still planned, locked until the transaction ends."""
    return [_planned(row) for row in await raw.fetch(_TAKE, run_id, first, last)]


async def mark_issued(raw: Connection[Any], issued: Sequence[Issued], sha256: str, issued_on: date, *, by_hand: bool) -> None:
    """The slips stand on these pages of one file; the database refuses one for whoever pays from an account (I-28)."""
    names = ("slip_number", "usable_until", "code", "page", "cover_page")
    await raw.execute(_ISSUED, *([getattr(one, name) for one in issued] for name in names), issued_on, sha256, by_hand)


async def mark_refused(raw: Connection[Any], reasons: Mapping[int, str]) -> None:
    """Slips (number → reason in Japanese) that cannot be sent; the next run tries them again."""
    await raw.execute(_REFUSED, list(reasons), list(reasons.values()))


async def mark_overtaken(raw: Connection[Any], slip_numbers: Sequence[int]) -> None:
    """Slips that would not be right any more; the next run has those that are."""
    await raw.execute("UPDATE slip SET state = 'overtaken' WHERE slip_number = ANY ($1::bigint[])", list(slip_numbers))


async def issued_with_account(raw: Connection[Any], run_id: UUID) -> int:
    """How many slips of a run went to somebody whose account pays that instalment: none, or something is very wrong."""
    return int(await raw.fetchval(_WITH_ACCOUNT, run_id))


async def of_person(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Every slip of a resident that was issued or refused, the newest first, with what convenience stores have told of it."""
    return [dict(row) for row in await raw.fetch(_OF_PERSON, municipality_code, resident_number)]


async def document_of(raw: Connection[Any], municipality_code: str, resident_number: str, slip_number: int) -> tuple[str, int] | None:
    """SHA-256 of the print file and page (from 0) of a slip, which shows no address; None where none was issued."""
    row = await raw.fetchrow(_DOCUMENT, municipality_code, resident_number, slip_number)
    return (row["document_sha256"], row["page"]) if row else None


def _planned(row: Mapping[str, Any]) -> Planned:
    names = (
        "slip_number",
        "letter",
        "municipality_code",
        "fiscal_year",
        "number",
        "month",
        "due_on",
        "amount",
        "reissued",
        "insured_number",
    )
    same = {name: row[name] for name in (*names, "provisional")}
    return Planned(**same, failed_code=row["result_code"], addressee=addressee_of(row), still_so=bool(row["still_so"]))
