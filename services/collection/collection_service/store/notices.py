"""Notices: planned by a run, then issued with their document, refused with a reason, or overtaken by a later decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection

from collection_service.domain.notices import Charged, Demand
from collection_service.store.addressees import addressee_of

FOLDER = "collection/notices"


@dataclass(frozen=True, slots=True)
class Planned:
    """A notice of a run that is still to be made; `demand` is None where a later decision has overtaken it."""

    number: int
    demand: Demand | None


def key_of(sha256: str) -> str:
    """Where a print file lies in the object store."""
    return f"{FOLDER}/{sha256}.pdf"


async def plan(raw: Connection[Any], run_id: UUID, fiscal_year: int, municipality_code: str | None) -> None:
    """Plan a notice for everyone whose instalments as they are now have not been sent yet; plans of earlier runs give way.

    In the order of postal code and address, as the post takes them.
    """
    await raw.execute(_GIVE_WAY, fiscal_year, municipality_code)
    await raw.execute(_PLAN, run_id, fiscal_year, municipality_code)


async def take(raw: Connection[Any], run_id: UUID, first: int, last: int) -> list[Planned]:
    """The notices `first` to `last` of a run that are still planned, locked until the transaction ends."""
    rows = await raw.fetch(_TAKE, run_id, first, last)
    instalments: dict[tuple[UUID, int], list[Charged]] = {}
    for row in await raw.fetch(_CHARGED, [row["insured_id"] for row in rows], [row["fiscal_year"] for row in rows]):
        charged = Charged(row["number"], row["month"], row["due_on"], row["charged"], row["method"])
        instalments.setdefault((row["insured_id"], row["fiscal_year"]), []).append(charged)
    return [Planned(row["number"], _demand(row, instalments.get((row["insured_id"], row["fiscal_year"]), []))) for row in rows]


def _demand(row: Mapping[str, Any], instalments: Sequence[Charged]) -> Demand | None:
    if row["revision"] != row["current_revision"]:
        return None
    return Demand(
        municipality_code=row["municipality_code"],
        fiscal_year=row["fiscal_year"],
        annual_amount=row["annual_amount"],
        insured_number=row["insured_number"],
        acquired_on=row["acquired_on"],
        addressee=addressee_of(row),
        instalments=instalments,
        has_earlier_notice=row["has_earlier_notice"],
        provisional=row["provisional"],
    )


async def mark_issued(raw: Connection[Any], run_id: UUID, numbers: Sequence[int], sha256: str, issued_on: date, *, by_hand: bool) -> None:
    """The notices stand in this order on the pages of one file; `by_hand`: a person hands them over (支援措置)."""
    await raw.execute(_ISSUED, run_id, list(numbers), list(range(len(numbers))), sha256, issued_on, by_hand)


async def mark_refused(raw: Connection[Any], run_id: UUID, reasons: Mapping[int, str]) -> None:
    """Notices (number → reason in Japanese) that cannot be sent; the next run tries them again."""
    await raw.execute(_REFUSED, run_id, list(reasons), list(reasons.values()))


async def mark_overtaken(raw: Connection[Any], run_id: UUID, numbers: Sequence[int]) -> None:
    """Notices whose instalments have changed since the plan; the next run has the new ones."""
    await raw.execute("UPDATE notice SET state = 'overtaken' WHERE run_id = $1 AND number = ANY ($2::int[])", run_id, list(numbers))


async def document_of(raw: Connection[Any], municipality_code: str, resident_number: str, fiscal_year: int) -> tuple[str, int, bool] | None:
    """SHA-256 of the print file, page (from 0), and whether it shows an address that is withheld now (支援措置), of the latest notice of a
    person and fiscal year; None where there is none."""
    row = await raw.fetchrow(_DOCUMENT, municipality_code, resident_number, fiscal_year)
    return (row["document_sha256"], row["first_page"], row["shows_withheld_address"]) if row else None


async def to_hand_over(raw: Connection[Any]) -> list[dict[str, Any]]:
    """引き渡し一覧: the latest notices of protected people, whom a person must give them."""
    return [dict(row) for row in await raw.fetch(_BY_HAND)]


async def of_person(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Every notice about a person that was issued or refused, newest first."""
    return [dict(row) for row in await raw.fetch(_OF_PERSON, municipality_code, resident_number)]


_GIVE_WAY = """
UPDATE notice SET state = 'overtaken'
WHERE state = 'planned' AND fiscal_year = $1 AND ($2::text IS NULL OR municipality_code = $2)
"""
_PLAN = """
INSERT INTO notice (insured_id, fiscal_year, revision, run_id, number, municipality_code, resident_number, annual_amount, state)
SELECT a.insured_id, a.fiscal_year, a.revision, $1,
       row_number() OVER (
           ORDER BY a.municipality_code, ad.postal_code, ad.address_town, ad.address_number, a.resident_number, a.insured_id
       ),
       a.municipality_code, a.resident_number, a.annual_amount, 'planned'
FROM assessment a LEFT JOIN addressee ad USING (municipality_code, resident_number)
WHERE a.fiscal_year = $2 AND ($3::text IS NULL OR a.municipality_code = $3) AND a.annual_amount > 0 AND a.sequence > 0 AND NOT EXISTS (
    SELECT 1 FROM notice n
    WHERE (n.insured_id, n.fiscal_year, n.revision) = (a.insured_id, a.fiscal_year, a.revision) AND n.state = 'issued'
)
"""
_TAKE = """
SELECT n.number, n.insured_id, n.fiscal_year, n.revision, n.municipality_code, n.annual_amount, a.revision AS current_revision,
       a.provisional, i.insured_number, i.acquired_on, ad.status, ad.name, ad.postal_code, ad.address_prefecture, ad.address_municipality,
       ad.address_town, ad.address_number, ad.address_building, ad.address_withheld,
       EXISTS (
           SELECT 1 FROM notice e WHERE (e.insured_id, e.fiscal_year, e.state) = (n.insured_id, n.fiscal_year, 'issued')
       ) AS has_earlier_notice
FROM notice n JOIN assessment a USING (insured_id, fiscal_year)
LEFT JOIN insured i USING (insured_id)
LEFT JOIN addressee_shown ad ON (ad.municipality_code, ad.resident_number) = (n.municipality_code, n.resident_number)
WHERE n.run_id = $1 AND n.number BETWEEN $2 AND $3 AND n.state = 'planned'
ORDER BY n.number FOR UPDATE OF n FOR SHARE OF a
"""
_CHARGED = """
SELECT m.insured_id, m.fiscal_year, m.number, m.month, m.due_on, m.charged, m.method
FROM unnest($1::uuid[], $2::int[]) AS k(insured_id, fiscal_year)
CROSS JOIN LATERAL (  -- OFFSET: one person's charges at a time, and not the whole ledger
    SELECT * FROM instalment_method v WHERE (v.insured_id, v.fiscal_year) = (k.insured_id, k.fiscal_year) OFFSET 0
) AS m
WHERE m.charged > 0 ORDER BY m.insured_id, m.fiscal_year, m.due_on, m.number
"""
_ISSUED = """
UPDATE notice n SET state = 'issued', document_sha256 = $4, issued_on = $5, by_hand = $6, first_page = k.page
FROM unnest($2::int[], $3::int[]) AS k(number, page) WHERE n.run_id = $1 AND n.number = k.number
"""
_REFUSED = """
UPDATE notice n SET state = 'refused', refusal = k.reason FROM unnest($2::int[], $3::text[]) AS k(number, reason)
WHERE n.run_id = $1 AND n.number = k.number
"""
_BY_HAND = """
SELECT DISTINCT ON (municipality_code, resident_number, fiscal_year)
       municipality_code, resident_number, fiscal_year, issued_on, document_sha256, first_page + 1 AS page FROM notice
WHERE state = 'issued' AND by_hand ORDER BY municipality_code, resident_number, fiscal_year DESC, issued_on DESC
"""
_DOCUMENT = """
SELECT n.document_sha256, n.first_page, COALESCE(a.address_withheld, false) AND NOT n.by_hand AS shows_withheld_address FROM notice n
LEFT JOIN addressee_shown a USING (municipality_code, resident_number)
WHERE (municipality_code, resident_number, fiscal_year, state) = ($1, $2, $3, 'issued')
ORDER BY issued_on DESC, run_id DESC, revision DESC LIMIT 1
"""
_OF_PERSON = """
SELECT fiscal_year, revision, annual_amount, state, issued_on, document_sha256, refusal FROM notice
WHERE (municipality_code, resident_number) = ($1, $2) AND state IN ('issued', 'refused') ORDER BY run_id DESC, number
"""
