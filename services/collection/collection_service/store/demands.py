"""督促: planned by a run, then issued with its document, refused with a reason, or overtaken by a payment, a deferral or a promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7

from collection_service.domain.arrears import ClaimKey
from collection_service.law.demands import DemandLaw

FOLDER: Final = "collection/demands"

# What is due without a demand, and why one is passed over today. Instalments from 101 on are taken from a pension.
_STANDING: Final = """
SELECT s.insured_id, s.fiscal_year, s.number, s.municipality_code, a.resident_number, s.due_on, s.unpaid,
       CASE WHEN s.unpaid = 0 THEN 'paid'
            WHEN d.deferred_until[array_position(d.numbers, s.number)] >= $1 THEN 'deferred'
            WHEN EXISTS (
                SELECT FROM promise_instalment i JOIN promise p USING (promise_id)
                WHERE (i.insured_id, i.fiscal_year, i.number) = (s.insured_id, s.fiscal_year, s.number) AND p.state = 'running'
            ) THEN 'promised'
            WHEN $1 < s.due_on + $2::int AND $1 <= greatest(s.due_on, s.last_paid_on) + $3::int THEN 'quiet'
       END AS passed_over
FROM instalment_state s JOIN assessment a USING (insured_id, fiscal_year)
LEFT JOIN deferral d ON (d.insured_id, d.fiscal_year) = (s.insured_id, s.fiscal_year)
WHERE s.charged > 0 AND s.number < 101 AND s.due_on < $1
"""
# The people stand in an array, so that the view adds up the charges of one municipality alone.
_OF_MUNICIPALITY: Final = """
AND s.municipality_code = $4 AND s.insured_id = ANY (ARRAY(SELECT DISTINCT insured_id FROM charge_entry WHERE municipality_code = $4))
"""
_NOT_YET: Final = """
AND NOT EXISTS (
    SELECT FROM demand x WHERE (x.insured_id, x.fiscal_year, x.number, x.state) = (s.insured_id, s.fiscal_year, s.number, 'issued')
)
"""
_PLAN: Final = f"""
INSERT INTO demand (demand_id, run_id, position, insured_id, fiscal_year, number, municipality_code, resident_number, due_on, unpaid, fee,
                    pay_by, state)
SELECT gen_random_uuid(), $5, $6::int + row_number() OVER (
           ORDER BY ad.postal_code, ad.address_town, ad.address_number, c.resident_number, c.due_on, c.insured_id, c.number
       ), c.insured_id, c.fiscal_year, c.number, c.municipality_code, c.resident_number, c.due_on, c.unpaid, $7, $8, 'planned'
FROM ({_STANDING} {_OF_MUNICIPALITY} {_NOT_YET}) AS c
LEFT JOIN addressee ad USING (municipality_code, resident_number)
WHERE c.passed_over IS NULL
"""
_PASSED_OVER: Final = f"""
SELECT c.passed_over, count(*) AS n FROM ({_STANDING} {_OF_MUNICIPALITY} {_NOT_YET}) AS c
WHERE c.passed_over <> 'paid' GROUP BY 1 ORDER BY 1
"""
_GIVE_WAY: Final = """
UPDATE demand SET state = 'overtaken', refusal = NULL WHERE state IN ('planned', 'refused') AND municipality_code = $1
"""
_TAKE: Final = """
SELECT d.demand_id, d.position, d.insured_id, d.fiscal_year, d.number, d.municipality_code, d.resident_number, d.unpaid, d.fee, d.pay_by
FROM demand d JOIN assessment a USING (insured_id, fiscal_year)
WHERE d.run_id = $1 AND d.position BETWEEN $2 AND $3 AND d.state = 'planned' ORDER BY d.position FOR UPDATE OF d, a
"""
_NOW: Final = f"""
{_STANDING} AND s.insured_id = ANY ($4::uuid[]) AND (s.insured_id, s.fiscal_year, s.number) IN (
    SELECT * FROM unnest($4::uuid[], $5::int[], $6::int[])
)
"""
_ISSUED: Final = """
UPDATE demand d SET state = 'issued', document_sha256 = $3, issued_on = $4, by_hand = $5, page = k.page
FROM unnest($1::uuid[], $2::int[]) AS k(id, page) WHERE d.demand_id = k.id
"""
_REFUSED: Final = """
UPDATE demand d SET state = 'refused', refusal = k.reason FROM unnest($1::uuid[], $2::text[]) AS k(id, reason) WHERE d.demand_id = k.id
"""
_RETURNED: Final = """
UPDATE demand SET returned_on = $2, return_reason = $3
WHERE demand_id = $1 AND state = 'issued' AND returned_on IS NULL AND issued_on <= $2 RETURNING demand_id
"""
_AGAIN: Final = """
INSERT INTO demand (demand_id, insured_id, fiscal_year, number, municipality_code, resident_number, due_on, unpaid, fee, pay_by, state,
                    issued_on, document_sha256, page, by_hand, replaces)
SELECT $1, insured_id, fiscal_year, number, municipality_code, resident_number, due_on, $3, fee, $4, 'issued', $5, $6, 0, $7, demand_id
FROM demand WHERE demand_id = $2
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """A demand of a run that is still to be made; yen. `stands`: the instalment is still due as it was planned."""

    demand_id: UUID
    position: int
    key: ClaimKey
    municipality_code: str
    resident_number: str
    unpaid: int
    fee: int
    pay_by: date
    stands: bool


async def plan(raw: Connection[Any], run_id: UUID, municipality_code: str, law: DemandLaw, *, today: date, after: int) -> int:
    """Plan a demand of every instalment of a municipality that is due without one and not passed over; how many. Earlier plans give way.

    Positions go on after `after`, in the order of the post.
    """
    await raw.execute(_GIVE_WAY, municipality_code)
    pay_by = today + timedelta(days=law.grace_days)
    tag = await raw.execute(_PLAN, today, law.days, law.quiet_days, municipality_code, run_id, after, law.fee, pay_by)
    return int(tag.split()[-1])


async def passed_over(raw: Connection[Any], municipality_code: str, law: DemandLaw, *, today: date) -> dict[str, int]:
    """How many unpaid instalments get no demand today, by reason: deferred, promised, quiet."""
    rows = await raw.fetch(_PASSED_OVER, today, law.days, law.quiet_days, municipality_code)
    return {row["passed_over"]: row["n"] for row in rows}


async def take(raw: Connection[Any], run_id: UUID, first: int, last: int, law_of: Mapping[str, DemandLaw], *, today: date) -> list[Planned]:
    """The planned demands `first` to `last` of a run, locked with the charges, so that no payment comes between reading and printing."""
    rows = await raw.fetch(_TAKE, run_id, first, last)
    now: dict[ClaimKey, int] = {}
    for municipality_code, law in law_of.items():
        keys = [(row["insured_id"], row["fiscal_year"], row["number"]) for row in rows if row["municipality_code"] == municipality_code]
        if keys:
            columns = ([key[part] for key in keys] for part in range(3))
            for row in await raw.fetch(_NOW, today, law.days, law.quiet_days, *columns):
                if row["passed_over"] is None:
                    now[row["insured_id"], row["fiscal_year"], row["number"]] = row["unpaid"]
    return [_planned(row, now) for row in rows]


def _planned(row: Mapping[str, Any], now: Mapping[ClaimKey, int]) -> Planned:
    key = (row["insured_id"], row["fiscal_year"], row["number"])
    given = {name: row[name] for name in ("demand_id", "position", "municipality_code", "resident_number", "unpaid", "fee", "pay_by")}
    return Planned(**given, key=key, stands=now.get(key) == row["unpaid"])


async def mark_issued(raw: Connection[Any], demands: Sequence[UUID], sha256: str, issued_on: date, *, by_hand: bool) -> None:
    """The demands stand in this order on the pages of one file."""
    await raw.execute(_ISSUED, list(demands), list(range(len(demands))), sha256, issued_on, by_hand)


async def mark_refused(raw: Connection[Any], reasons: Mapping[UUID, str]) -> None:
    """Demands that cannot be sent (reason in Japanese): a person must look; the next run tries them again."""
    await raw.execute(_REFUSED, list(reasons), list(reasons.values()))


async def mark_overtaken(raw: Connection[Any], demands: Sequence[UUID]) -> None:
    """What was paid, deferred or promised since the plan."""
    await raw.execute("UPDATE demand SET state = 'overtaken' WHERE demand_id = ANY ($1::uuid[])", list(demands))


async def find(raw: Connection[Any], demand_id: UUID) -> dict[str, Any] | None:
    """One demand, locked against a second act on it."""
    row = await raw.fetchrow("SELECT * FROM demand WHERE demand_id = $1 FOR UPDATE", demand_id)
    return dict(row) if row else None


async def come_back(raw: Connection[Any], demand_id: UUID, *, on: date, reason: str) -> bool:
    """返戻: a demand came back from the post. False where it did not go out, or has come back before."""
    return await raw.fetchval(_RETURNED, demand_id, on, reason) is not None


async def issue_again(
    raw: Connection[Any], before: UUID, *, unpaid: int, pay_by: date, issued_on: date, sha256: str, by_hand: bool
) -> UUID:
    """再発送: another demand in the place of one that came back."""
    identifier = uuid7()
    await raw.execute(_AGAIN, identifier, before, unpaid, pay_by, issued_on, sha256, by_hand)
    return identifier


async def of_person(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Every demand about a person that was issued or refused, the newest first."""
    rows = await raw.fetch(
        """SELECT demand_id, fiscal_year, number, due_on, unpaid, fee, pay_by, state, issued_on, document_sha256, page, by_hand, refusal,
        replaces, returned_on, return_reason FROM demand WHERE (municipality_code, resident_number) = ($1, $2)
        AND state IN ('issued', 'refused') ORDER BY issued_on DESC NULLS FIRST, demand_id DESC""",
        municipality_code,
        resident_number,
    )
    return [dict(row) for row in rows]
