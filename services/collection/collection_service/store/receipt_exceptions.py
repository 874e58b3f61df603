"""消込エラー: receipts that wait for a person, how long they have waited, and what is done with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection

from collection_service.domain.receiving import Receipt, Taken, allocate
from collection_service.store import money, receipts
from collection_service.store.money import Account

DIED: Final = "3"
"""住民状態 of somebody who has died."""
_UNIDENTIFIED = """
SELECT 'unidentified' AS kind, r.receipt_id, r.source, r.reference, r.municipality_code, b.amount, r.paid_on, r.insured_id, r.fiscal_year,
       r.number, $1::date - r.paid_on AS days
FROM (
    SELECT transaction_id, sum(CASE WHEN credit = 'unidentified' THEN amount ELSE -amount END)::bigint AS amount
    FROM money_entry WHERE 'unidentified' IN (debit, credit) GROUP BY 1
) AS b JOIN receipt r ON r.receipt_id = b.transaction_id AND b.amount > 0
"""
# Of what is overpaid the ledger knows no receipt, since a lowered charge makes it too: it stands by person and year.
_OVERPAID = """
SELECT 'overpaid' AS kind, NULL::uuid AS receipt_id, NULL AS source, NULL AS reference, b.municipality_code, b.amount, b.paid_on,
       b.insured_id, b.fiscal_year, NULL::smallint AS number, $1::date - b.paid_on AS days
FROM (
    SELECT insured_id, fiscal_year, municipality_code, min(paid_on) FILTER (WHERE credit = 'overpaid') AS paid_on,
           sum(CASE WHEN credit = 'overpaid' THEN amount ELSE -amount END)::bigint AS amount
    FROM money_entry WHERE 'overpaid' IN (debit, credit) GROUP BY 1, 2, 3
) AS b WHERE b.amount > 0
"""
# Money that came by itself after the death: the bank and the pension payer did not know. What heirs pay at a counter is no error.
_AFTER_DEATH = f"""
SELECT 'deceased' AS kind, r.receipt_id, r.source, r.reference, r.municipality_code, r.amount, r.paid_on, r.insured_id, r.fiscal_year,
       r.number, $1::date - r.paid_on AS days
FROM receipt r JOIN insured i ON i.insured_id = r.insured_id AND i.lost_on <= r.paid_on
JOIN assessment a ON (a.insured_id, a.fiscal_year) = (r.insured_id, r.fiscal_year)
JOIN addressee d ON (d.municipality_code, d.resident_number, d.status) = (a.municipality_code, a.resident_number, '{DIED}')
WHERE r.source IN ('bank', 'pension', 'transfer')
  AND NOT EXISTS (SELECT FROM receipt_cancellation c WHERE c.receipt_id = r.receipt_id)
  AND NOT EXISTS (SELECT FROM receipt_review v WHERE v.receipt_id = r.receipt_id)
"""
_LISTING = f"""
SELECT e.*, a.resident_number, i.insured_number, d.name, coalesce(d.status = '{DIED}', false) AS has_died FROM (
    {_UNIDENTIFIED} UNION ALL {_OVERPAID} UNION ALL {_AFTER_DEATH}
) AS e
LEFT JOIN assessment a ON (a.insured_id, a.fiscal_year, a.municipality_code) = (e.insured_id, e.fiscal_year, e.municipality_code)
LEFT JOIN insured i ON i.insured_id = a.insured_id
LEFT JOIN addressee d ON (d.municipality_code, d.resident_number) = (a.municipality_code, a.resident_number)
WHERE $2::text IS NULL OR e.municipality_code = $2 ORDER BY e.paid_on, e.kind, e.receipt_id LIMIT $3
"""
_LEFT = """
SELECT coalesce(sum(CASE WHEN credit = 'unidentified' THEN amount ELSE -amount END), 0)::bigint FROM money_entry
WHERE transaction_id = $1 AND 'unidentified' IN (debit, credit)
"""
_REVIEW = """
INSERT INTO receipt_review (receipt_id, municipality_code, remark, reviewed_by, reviewed_on)
SELECT receipt_id, municipality_code, $2, $3, $4 FROM receipt WHERE receipt_id = $1 ON CONFLICT DO NOTHING RETURNING true
"""


class NotTheirs(Exception):
    """Money that came to a municipality which does not charge this person for this instalment."""


class NothingUnidentified(Exception):
    """Nothing of this receipt waits for somebody any more."""


async def listing(raw: Connection[Any], *, today: date, municipality_code: str | None = None, most: int = 500) -> list[dict[str, Any]]:
    """消込エラー一覧 as the reader may see it, the oldest first; `kind`: unidentified, overpaid or deceased; `days` since it was paid."""
    return [dict(row) for row in await raw.fetch(_LISTING, today, municipality_code, most)]


async def resolve(raw: Connection[Any], receipt_id: UUID, *, insured_id: UUID, fiscal_year: int, number: int | None, today: date) -> Taken:
    """不明入金の消込: the money is this person's, for this instalment (None: overpaid); beyond what is unpaid it is overpaid.

    The entries stand in the transaction of the receipt, so that a cancel takes them back too. NothingUnidentified where it was resolved or
    taken back; NotTheirs where the municipality that has the money does not charge it.
    """
    row = await raw.fetchrow("SELECT source, reference, municipality_code, paid_on FROM receipt WHERE receipt_id = $1", receipt_id)
    if row is None:
        raise NothingUnidentified(f"There is no receipt {receipt_id}.")
    await receipts.lock_sources(raw, {(row["source"], row["municipality_code"])})
    await receipts.lock_people(raw, [(insured_id, fiscal_year)])
    left = await raw.fetchval(_LEFT, receipt_id)
    if not left:
        raise NothingUnidentified(f"Nothing of receipt {row['reference']} of {row['source']} is unidentified.")
    receipt = Receipt(**dict(row), amount=left, insured_id=insured_id, fiscal_year=fiscal_year, number=number)
    (answer,) = allocate([receipt], await receipts.known_of(raw, [receipt]))
    if answer.unidentified:
        raise NotTheirs(f"{receipt.municipality_code} does not charge instalment {number} of {insured_id} for {fiscal_year}.")
    entries = (replace(entry, debit=Account.UNIDENTIFIED) for entry in receipts.entries_of(receipt, answer, receipt_id))
    await money.enter(raw, list(entries), today=today)
    return answer


async def review(raw: Connection[Any], receipt_id: UUID, *, remark: str, by: str, today: date) -> bool:
    """確認済み: a receipt after a death stays as it is, and why; False where there is none or it was looked at before."""
    return bool(await raw.fetchval(_REVIEW, receipt_id, remark, by, today))
