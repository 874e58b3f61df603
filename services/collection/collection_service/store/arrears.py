"""債権: the instalments that are charged, with what was paid of each, read for `domain.arrears`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection

from collection_service.domain.arrears import Claim, ClaimKey

_CLAIMS: Final = """
SELECT s.insured_id, s.fiscal_year, s.number, s.municipality_code, a.resident_number, s.month, s.due_on, s.charged, s.written_off,
       d.deferred_until[array_position(d.numbers, s.number)] AS deferred_until,
       coalesce(p.days, '{{}}') AS days, coalesce(p.amounts, '{{}}') AS amounts, p.fee_paid, p.late_paid, coalesce(f.fee, 0) AS fee
FROM instalment_state s JOIN assessment a USING (insured_id, fiscal_year)
LEFT JOIN deferral d ON (d.insured_id, d.fiscal_year) = (s.insured_id, s.fiscal_year)
LEFT JOIN LATERAL (
    SELECT max(fee) AS fee FROM demand x
    WHERE (x.insured_id, x.fiscal_year, x.number, x.state) = (s.insured_id, s.fiscal_year, s.number, 'issued')
) AS f ON true
CROSS JOIN LATERAL (
    SELECT array_agg(m.paid_on ORDER BY m.paid_on, m.entry_id) FILTER (WHERE m.credit = 'receivable') AS days,
           array_agg(m.amount ORDER BY m.paid_on, m.entry_id) FILTER (WHERE m.credit = 'receivable') AS amounts,
           coalesce(sum(m.amount) FILTER (WHERE m.credit = 'fee'), 0)::bigint AS fee_paid,
           coalesce(sum(m.amount) FILTER (WHERE m.credit = 'late_charge'), 0)::bigint AS late_paid
    FROM money_entry m
    WHERE (m.insured_id, m.fiscal_year, m.number) = (s.insured_id, s.fiscal_year, s.number)
      AND m.credit IN ('receivable', 'fee', 'late_charge') AND m.debit <> 'written_off' AND m.reverses IS NULL
      AND NOT EXISTS (SELECT FROM money_entry r WHERE r.reverses = m.entry_id)
) AS p
WHERE s.charged > 0 AND {which}
ORDER BY s.due_on, s.insured_id, s.fiscal_year, s.number
"""
# The people stand in an array, so that the view adds up their charges alone.
_OF_PERSON: Final = _CLAIMS.format(
    which="""s.insured_id = ANY (ARRAY(SELECT insured_id FROM assessment WHERE (municipality_code, resident_number) = ($1, $2)))
        AND (a.municipality_code, a.resident_number) = ($1, $2)"""
)
_OF_KEYS: Final = _CLAIMS.format(
    which="""s.insured_id = ANY ($1::uuid[])
        AND (s.insured_id, s.fiscal_year, s.number) IN (SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[]))"""
)
_OF_INSURED: Final = _CLAIMS.format(which="s.insured_id = ANY ($1::uuid[]) AND s.due_on < $2")


async def of_person(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[Claim]:
    """Every instalment of a resident, the oldest due day first."""
    return [_claim(row) for row in await raw.fetch(_OF_PERSON, municipality_code, resident_number)]


async def of_keys(raw: Connection[Any], keys: Sequence[ClaimKey]) -> dict[ClaimKey, Claim]:
    """These instalments; one that is not charged any more is left out."""
    rows = await raw.fetch(_OF_KEYS, *([key[part] for key in keys] for part in range(3)))
    return {claim.key: claim for claim in map(_claim, rows)}


async def of_insured(raw: Connection[Any], insured: Sequence[UUID], *, due_before: date) -> list[Claim]:
    """The instalments of insured people that fell due before a day, the oldest first."""
    return [_claim(row) for row in await raw.fetch(_OF_INSURED, list(insured), due_before)]


async def lock(raw: Connection[Any], insured: Sequence[UUID]) -> None:
    """Until the transaction ends nobody else charges these people, or settles anything of theirs."""
    await raw.execute("SELECT 1 FROM assessment WHERE insured_id = ANY ($1::uuid[]) ORDER BY insured_id, fiscal_year FOR UPDATE", insured)


def _claim(row: Mapping[str, Any]) -> Claim:
    given = {name: value for name, value in row.items() if name not in ("days", "amounts")}
    return Claim(**given, payments=tuple(zip(row["days"], row["amounts"], strict=True)))
