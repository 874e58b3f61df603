"""特別徴収の実施状況: who is collected from through the pension now, at what amount, and what a payer says it has taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection

from collection_service.store.exchange import columns

Pension = tuple[str, str, str]
"""特別徴収義務者コード, 基礎年金番号, 年金コード."""

# What holds for a payment is the last accepted line that it heeds: the first payment takes the first amount, later ones the second
# where there is one (the amount of February goes on until something else is asked for).
_EXPECTED: Final = """
SELECT DISTINCT ON (l.collector_code, l.basic_pension_number, l.pension_code)
       l.collector_code, l.basic_pension_number, l.pension_code, l.insured_id, l.notice, l.captured_on,
       CASE WHEN l.heeded_on = $2 OR l.amount_2 = 0 THEN l.amount_1 ELSE l.amount_2 END AS amount
FROM request_line l
WHERE l.municipality_code = $1 AND l.state = 'accepted' AND l.heeded_on <= $2
  AND (l.notice IN ('loss', 'provisional_change') OR l.request_kind IN ('01', '02'))
ORDER BY 1, 2, 3, l.heeded_on DESC, l.notice = 'loss' DESC, l.sent_on DESC
"""
_OWNERS: Final = """
SELECT collector_code, basic_pension_number, pension_code, insured_id FROM pension
WHERE (collector_code, basic_pension_number, pension_code) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
"""
# A line that was missing may come later; whatever else was said once stays.
_KEEP: Final = """
INSERT INTO pension_deduction AS p (paid_month, municipality_code, file_id, collector_code, basic_pension_number, pension_code, insured_id,
                                    expected, deducted, outcome, difference)
SELECT $1, $2, $3, d.* FROM unnest($4::text[], $5::text[], $6::text[], $7::uuid[], $8::bigint[], $9::bigint[], $10::text[],
                                   $11::text[]) AS d
ON CONFLICT (paid_month, collector_code, basic_pension_number, pension_code) DO UPDATE SET file_id = excluded.file_id,
    insured_id = excluded.insured_id, expected = excluded.expected, deducted = excluded.deducted, outcome = excluded.outcome,
    difference = excluded.difference
WHERE p.outcome = 'no_line' AND excluded.outcome <> 'no_line'
"""
_TO_CHANGE: Final = """
SELECT i.lost_on, i.municipality_code AS lives_in, m.stops, m.method, m.reason, m.premium_payment
FROM unnest($1::uuid[]) WITH ORDINALITY AS k(insured_id, place)
LEFT JOIN insured i ON i.insured_id = k.insured_id
LEFT JOIN collection_method m ON (m.insured_id, m.fiscal_year, m.month) = (k.insured_id, $2, $3)
ORDER BY k.place
"""
_ASKED: Final = """
SELECT collector_code, basic_pension_number, pension_code FROM request_line
WHERE municipality_code = $1 AND notice = ANY ($2) AND state IN ('sent', 'accepted') AND heeded_on >= $3
"""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is to be taken of a pension at a payment (yen), by the last request that the payer has accepted."""

    insured_id: UUID | None
    captured_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Deduction:
    """What a payer says of one pension at one payment, beside what was expected (yen). `difference`: empty where both agree."""

    pension: Pension
    insured_id: UUID | None
    expected: int
    deducted: int
    outcome: str
    difference: str


async def expected(raw: Connection[Any], municipality_code: str, paid_month: date) -> dict[Pension, Expected]:
    """Who is collected from at the pension payment of a month; whoever was stopped is left out."""
    rows = await raw.fetch(_EXPECTED, municipality_code, paid_month)
    return {(row[0], row[1], row[2]): Expected(row[3], row[5], row[6]) for row in rows if row["notice"] != "loss"}


async def owners(raw: Connection[Any], pensions: Sequence[Pension]) -> dict[Pension, UUID]:
    """Pension → the insured person whom its payer's list named."""
    return {(row[0], row[1], row[2]): row[3] for row in await raw.fetch(_OWNERS, *columns(pensions, 3))}


async def keep(raw: Connection[Any], paid_month: date, municipality_code: str, file_id: UUID, found: Sequence[Deduction]) -> None:
    """Keep what was taken and what was not; the same pension and payment again changes nothing."""
    rows = [(*one.pension, one.insured_id, one.expected, one.deducted, one.outcome, one.difference) for one in found]
    await raw.execute(_KEEP, paid_month, municipality_code, file_id, *columns(rows, 8))


async def standing(raw: Connection[Any], people: Sequence[UUID], fiscal_year: int, month: int) -> list[dict[str, Any]]:
    """For each of `people` in order: whether they are still insured and where, and what is decided for a payment (None: nothing)."""
    return [dict(row) for row in await raw.fetch(_TO_CHANGE, people, fiscal_year, month)]


async def asked_already(raw: Connection[Any], municipality_code: str, notices: Sequence[str], heeded_on: date) -> set[Pension]:
    """Pensions of which a change was asked for that is heeded from this payment or a later one."""
    return {(row[0], row[1], row[2]) for row in await raw.fetch(_ASKED, municipality_code, list(notices), heeded_on)}
