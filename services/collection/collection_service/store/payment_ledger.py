"""被保険者別収納台帳: what was charged and paid of a person as of a day, by the day that the law counts or the day that we knew it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal

from asyncpg import Connection

Axis = Literal["paid_on", "entered_on"]
"""By which day entries count: 収納日 (what the law counts) or 記帳日 (what we knew)."""
SPECIAL: Final = {101: "4月", 102: "6月", 103: "8月", 104: "10月", 105: "12月", 106: "2月"}
"""Instalments of special collection: the month of the pension."""
_INSTALMENTS = """
SELECT a.insured_id, a.fiscal_year, a.municipality_code, c.number, c.month, c.due_on, c.charged, coalesce(m.settled, 0) AS settled,
       coalesce(m.written_off, 0) AS written_off, c.charged - coalesce(m.settled, 0) AS unpaid
FROM assessment a
CROSS JOIN LATERAL (
    SELECT number, (array_agg(month ORDER BY revision DESC))[1] AS month, (array_agg(due_on ORDER BY revision DESC))[1] AS due_on,
           sum(amount)::bigint AS charged
    FROM charge_entry e WHERE (e.insured_id, e.fiscal_year) = (a.insured_id, a.fiscal_year) AND e.charged_on <= $3 GROUP BY number
) AS c
LEFT JOIN LATERAL (
    SELECT sum(CASE WHEN m.credit = 'receivable' THEN m.amount WHEN m.debit = 'receivable' THEN -m.amount END)::bigint AS settled,
           sum(CASE WHEN m.debit = 'written_off' THEN m.amount WHEN m.credit = 'written_off' THEN -m.amount END)::bigint AS written_off
    FROM money_entry m WHERE (m.insured_id, m.fiscal_year, m.number) = (a.insured_id, a.fiscal_year, c.number) AND m.{axis} <= $3
) AS m ON true
WHERE (a.municipality_code, a.resident_number) = ($1, $2) ORDER BY a.fiscal_year DESC, a.insured_id, c.due_on, c.number
"""
_ENTRIES = """
SELECT m.entry_id, m.debit, m.credit, m.insured_id, m.fiscal_year, m.number, m.amount, m.paid_on, m.entered_on, m.source,
       m.reverses IS NOT NULL AS is_reversal, EXISTS (SELECT FROM money_entry r WHERE r.reverses = m.entry_id) AS is_reversed
FROM assessment a JOIN money_entry m ON (m.insured_id, m.fiscal_year) = (a.insured_id, a.fiscal_year)
WHERE (a.municipality_code, a.resident_number) = ($1, $2) AND m.{axis} <= $3 ORDER BY m.{axis}, m.entry_id
"""
_RECEIPTS = """
SELECT r.receipt_id, r.source, r.reference, r.amount, r.paid_on, r.taken_on, a.fiscal_year, coalesce(r.number, e.number) AS number,
       c.cancelled_on, c.reason,
       EXISTS (SELECT FROM approval p WHERE p.act = 'receipt_cancelled' AND p.state = 'asked'
               AND p.municipality_code = r.municipality_code AND p.content->>'receipt_id' = r.receipt_id::text) AS is_asked
FROM assessment a CROSS JOIN LATERAL (
    SELECT m.transaction_id, max(m.number) AS number FROM money_entry m
    WHERE (m.insured_id, m.fiscal_year) = (a.insured_id, a.fiscal_year) AND m.debit IN ('cash', 'unidentified') GROUP BY 1
) AS e JOIN receipt r ON r.receipt_id = e.transaction_id
LEFT JOIN receipt_cancellation c USING (receipt_id)
WHERE (a.municipality_code, a.resident_number) = ($1, $2) ORDER BY r.paid_on DESC, r.receipt_id DESC
"""
_STATUS = """
WITH charged AS (
    SELECT insured_id, number, (array_agg(municipality_code ORDER BY revision DESC))[1] AS municipality_code,
           (array_agg(month ORDER BY revision DESC))[1] AS month, (array_agg(due_on ORDER BY revision DESC))[1] AS due_on,
           sum(amount)::bigint AS charged
    FROM charge_entry WHERE fiscal_year = $1 AND charged_on <= $2 GROUP BY 1, 2
), paid AS (
    SELECT insured_id, number,
           sum(CASE WHEN credit = 'receivable' THEN amount WHEN debit = 'receivable' THEN -amount END)::bigint AS settled,
           sum(CASE WHEN debit = 'written_off' THEN amount WHEN credit = 'written_off' THEN -amount END)::bigint AS written_off
    FROM money_entry WHERE fiscal_year = $1 AND number IS NOT NULL AND entered_on <= $2 GROUP BY 1, 2
)
SELECT c.municipality_code, c.number, mode() WITHIN GROUP (ORDER BY c.due_on) AS due_on, count(*) FILTER (WHERE c.charged > 0) AS people,
       sum(c.charged)::bigint AS charged, sum(coalesce(p.settled, 0) - coalesce(p.written_off, 0))::bigint AS settled,
       sum(coalesce(p.written_off, 0))::bigint AS written_off, sum(c.charged - coalesce(p.settled, 0))::bigint AS unpaid,
       count(*) FILTER (WHERE c.charged > coalesce(p.settled, 0)) AS unpaid_people
FROM charged c LEFT JOIN paid p USING (insured_id, number)
WHERE $3::text IS NULL OR c.municipality_code = $3 GROUP BY 1, 2 ORDER BY 1, 2
"""
# 社会保険料控除: what was paid in the calendar year, by its day, less what was given back of it in the same year.
_PAID = """
SELECT a.fiscal_year, m.number BETWEEN 101 AND 106 AS is_special,
       sum(CASE WHEN m.credit = 'receivable' THEN m.amount ELSE -m.amount END)::bigint AS amount
FROM assessment a JOIN money_entry m ON (m.insured_id, m.fiscal_year) = (a.insured_id, a.fiscal_year)
WHERE (a.municipality_code, a.resident_number) = ($1, $2) AND m.paid_on >= make_date($3, 1, 1) AND m.paid_on < make_date($3 + 1, 1, 1)
  AND 'receivable' IN (m.debit, m.credit) AND NOT 'written_off' IN (m.debit, m.credit)
GROUP BY 1, 2 HAVING sum(CASE WHEN m.credit = 'receivable' THEN m.amount ELSE -m.amount END) <> 0 ORDER BY 1, 2
"""


def label_of(number: int) -> str:
    """期別 in words: 第1期, or the month of the pension of special collection."""
    return f"{SPECIAL[number]}（年金）" if number in SPECIAL else f"第{number}期"


async def of_person(raw: Connection[Any], municipality_code: str, resident_number: str, *, as_of: date, axis: Axis) -> list[dict[str, Any]]:
    """Each fiscal year of a person as of the end of a day, newest first: its instalments (charged = settled + unpaid), `entries` beneath,
    and what is overpaid, to be refunded, and received in all (yen)."""
    years: dict[tuple[Any, int], dict[str, Any]] = {}
    for row in await raw.fetch(_INSTALMENTS.format(axis=axis), municipality_code, resident_number, as_of):
        found = dict(row)
        key = (found.pop("insured_id"), found.pop("fiscal_year"))
        found.pop("municipality_code")
        empty = {"insured_id": key[0], "fiscal_year": key[1], "instalments": [], "entries": [], "overpaid": 0, "payable": 0, "received": 0}
        year = years.setdefault(key, empty)
        if found["charged"] or found["settled"]:
            year["instalments"].append({**found, "label": label_of(found["number"])})
    for row in await raw.fetch(_ENTRIES.format(axis=axis), municipality_code, resident_number, as_of):
        entry = dict(row)
        year = years[entry.pop("insured_id"), entry.pop("fiscal_year")]
        year["entries"].append(entry)
        for account, name, sign in (("overpaid", "overpaid", -1), ("refund_payable", "payable", -1), ("cash", "received", 1)):
            year[name] += sign * entry["amount"] * ((entry["debit"] == account) - (entry["credit"] == account))
    for year in years.values():
        year |= {name: sum(one[name] for one in year["instalments"]) for name in ("charged", "settled", "written_off", "unpaid")}
    return list(years.values())


async def receipts_of(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Every receipt of a person, the newest first; `is_asked`: its cancel waits for a second officer."""
    return [dict(row) for row in await raw.fetch(_RECEIPTS, municipality_code, resident_number)]


async def status(raw: Connection[Any], fiscal_year: int, *, as_of: date, municipality_code: str | None = None) -> list[dict[str, Any]]:
    """収納状況表: of each municipality and 期, as it was known at the end of a day: charged = settled + written_off + unpaid (yen)."""
    found = [dict(row) for row in await raw.fetch(_STATUS, fiscal_year, as_of, municipality_code)]
    return [{**row, "label": label_of(row["number"])} for row in found]


async def paid_in(raw: Connection[Any], municipality_code: str, resident_number: str, year: int) -> list[dict[str, Any]]:
    """What was paid in a calendar year, yen: by fiscal year, from the pension (`is_special`) and otherwise."""
    return [dict(row) for row in await raw.fetch(_PAID, municipality_code, resident_number, year)]
