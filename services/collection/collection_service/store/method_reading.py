"""What people read of the decisions about the way of collection: of one person with all that went before, and of a payment as a list."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7

from collection_service.rules.collection_method import Method, Reason

_SHOWN: Final = """
    insured_id, fiscal_year, month, sequence, decided_on, method, reason, premium_payment, care_is_known, care_payment, pension_payment,
    most, starts, stops
"""
_OF_PERSON: Final = f"""
SELECT d.*, coalesce(p.as_of, d.decided_on) AS awaited_since FROM (
    SELECT true AS holds, {_SHOWN} FROM collection_method WHERE insured_id = ANY ($1::uuid[])
    UNION ALL SELECT false, {_SHOWN} FROM collection_method_replaced WHERE insured_id = ANY ($1::uuid[])
) AS d LEFT JOIN care_premium p USING (insured_id)
ORDER BY d.fiscal_year DESC, array_position('{{4,6,8,10,12,2}}'::smallint[], d.month), d.insured_id, d.sequence DESC
"""
_REQUESTS: Final = """
SELECT request_id, insured_id, asked_on, in_group, withdrawn_on FROM transfer_request WHERE insured_id = ANY ($1::uuid[])
ORDER BY asked_on DESC, request_id DESC
"""
_LIST: Final = """
SELECT m.municipality_code, coalesce(i.insured_number, '') AS insured_number, coalesce(ad.name, '') AS name, m.method, m.reason,
       m.premium_payment, m.care_is_known, m.care_payment, m.pension_payment, m.most, m.stops, m.decided_on
FROM collection_method m LEFT JOIN insured i USING (insured_id)
LEFT JOIN LATERAL (
    SELECT a.municipality_code, a.resident_number FROM assessment a WHERE a.insured_id = m.insured_id ORDER BY a.fiscal_year DESC LIMIT 1
) AS a ON true
LEFT JOIN addressee ad ON (ad.municipality_code, ad.resident_number) = (a.municipality_code, a.resident_number)
WHERE m.fiscal_year = $1 AND m.month = $2 AND ($3::text IS NULL OR m.municipality_code = $3) AND (NOT $4 OR m.method <> 'special')
ORDER BY m.municipality_code, m.reason, i.insured_number, m.insured_id
"""
_ASK: Final = """
INSERT INTO transfer_request (request_id, insured_id, municipality_code, asked_on, in_group, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (insured_id) WHERE withdrawn_on IS NULL DO NOTHING RETURNING request_id
"""
_WITHDRAW: Final = """
UPDATE transfer_request SET withdrawn_on = $3, withdrawn_by = $4
WHERE request_id = $1 AND insured_id = ANY ($2::uuid[]) AND withdrawn_on IS NULL AND asked_on <= $3 RETURNING request_id
"""


async def of_person(raw: Connection[Any], insured: list[UUID]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The decisions about a person, by payment with `earlier` ones under each, the latest fiscal year first; and the requests."""
    payments: dict[tuple[UUID, int, int], dict[str, Any]] = {}
    for row in await raw.fetch(_OF_PERSON, insured):
        shown = _shown(dict(row))
        if shown.pop("holds"):
            payments[row["insured_id"], row["fiscal_year"], row["month"]] = shown | {"earlier": []}
        else:
            payments[row["insured_id"], row["fiscal_year"], row["month"]]["earlier"].append(shown)
    return list(payments.values()), [dict(row) for row in await raw.fetch(_REQUESTS, insured)]


async def of_payment(
    raw: Connection[Any], fiscal_year: int, month: int, municipality_code: str | None, *, only_others: bool
) -> list[dict[str, Any]]:
    """徴収方法一覧 of a payment, by municipality and reason; `only_others`: those who are not collected from the pension (非対象者)."""
    return [_shown(dict(row)) for row in await raw.fetch(_LIST, fiscal_year, month, municipality_code, only_others)]


async def ask_for_transfer(
    raw: Connection[Any], insured_id: UUID, municipality_code: str, asked_on: date, *, in_group: bool, by: str
) -> UUID | None:
    """Keep a request for bank transfer; None where one is open already."""
    found: UUID | None = await raw.fetchval(_ASK, uuid7(), insured_id, municipality_code, asked_on, in_group, by)
    return found


async def withdraw(raw: Connection[Any], request_id: UUID, insured: list[UUID], withdrawn_on: date, *, by: str) -> bool:
    """Close an open request of these people; False where there is none from that day or before."""
    return await raw.fetchval(_WITHDRAW, request_id, insured, withdrawn_on, by) is not None


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The reason in words with its article; an amount that has not come is None."""
    reason = Reason(row["reason"])
    row |= {"reason_term": reason.term, "law": reason.law}
    row["care_payment"] = row["care_payment"] if row.pop("care_is_known") else None
    if "awaited_since" in row and row["method"] != Method.AWAITED.name.lower():
        row["awaited_since"] = None
    return row
