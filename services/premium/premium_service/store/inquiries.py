"""情報照会: which incomes have been asked for elsewhere, and what became of each. Every inquiry ends once, and is never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

_BEGIN: Final = """
INSERT INTO income_inquiry (inquiry_id, resident, income_year, municipality_code, by_window, asked_by, asked_on)
SELECT gen_random_uuid(), n.resident, n.income_year, r.municipality_code, false, $2, $3
FROM income n JOIN resident r ON r.number = n.resident
WHERE n.resident = ANY($1::bigint[]) AND n.income_status = 3
ON CONFLICT (resident, income_year) WHERE ended_on IS NULL DO NOTHING
"""
_ANSWERED: Final = """
UPDATE income_inquiry q SET ended_on = $3, ending = 'answered', ended_by = $2 FROM income n
WHERE q.ended_on IS NULL AND q.resident = ANY($1::bigint[]) AND (n.resident, n.income_year) = (q.resident, q.income_year)
  AND n.income_status <> 3
"""
_ASK: Final = """
INSERT INTO income_inquiry (inquiry_id, resident, income_year, municipality_code, by_window, asked_by, asked_on)
VALUES ($1, $2, $3, $4, true, $5, $6) ON CONFLICT (resident, income_year) WHERE ended_on IS NULL DO NOTHING RETURNING inquiry_id
"""
_NOW_INQUIRED: Final = "UPDATE income SET income_status = 3 WHERE resident = $1 AND income_year = $2 AND income_status = 2"
_END: Final = """
UPDATE income_inquiry SET ended_on = $3, ending = $4, ended_by = $5 WHERE resident = $1 AND income_year = $2 AND ended_on IS NULL
RETURNING inquiry_id
"""
_NOT_KNOWN_THERE: Final = "UPDATE income SET income_status = 2 WHERE resident = $1 AND income_year = $2 AND income_status = 3"
_OF_PERSON: Final = """
SELECT q.inquiry_id, q.income_year, q.by_window, q.asked_by, q.asked_on, q.ended_on, q.ending, q.ended_by, $2::date - q.asked_on AS days
FROM income_inquiry q WHERE q.resident = $1 ORDER BY q.asked_on DESC, q.inquiry_id DESC
"""
# Two separately kept facts must agree: inquiries, and the status of incomes. An answer that lies unapplied is a difference (I-19).
_RECONCILED: Final = """
SELECT m AS municipality_code, count(q.inquiry_id) AS inquiries,
    count(*) FILTER (WHERE q.ending = 'answered') AS answered,
    count(*) FILTER (WHERE q.ending = 'undeclared_there') AS undeclared_there,
    count(*) FILTER (WHERE q.ending = 'declared_here') AS declared_here,
    count(*) FILTER (WHERE q.ending = 'mistaken') AS mistaken,
    count(*) FILTER (WHERE q.ended_on IS NULL AND q.inquiry_id IS NOT NULL) AS waiting,
    count(*) FILTER (WHERE q.ended_on IS NULL AND q.asked_on <= $2::date - $3::int) AS overdue,
    count(*) FILTER (WHERE q.ending = 'answered' AND n.income_status IS DISTINCT FROM 3 AND n.resident IS NOT NULL) AS applied,
    count(*) FILTER (WHERE q.ended_on IS NULL AND n.income_status IN (1, 2)) AS unapplied
FROM income_inquiry q LEFT JOIN income n USING (resident, income_year) CROSS JOIN LATERAL (SELECT q.municipality_code) AS c(m)
WHERE q.income_year = $1 GROUP BY m ORDER BY m
"""


async def follow(uow: UnitOfWork, residents: Sequence[int], *, by: str) -> None:
    """After incomes of these residents were written: 照会中 begins an inquiry, any other state answers the one that is open."""
    raw = await driver(uow.connection)
    await raw.execute(_BEGIN, list(residents), by, uow.today)
    if await raw.fetchval("SELECT EXISTS (SELECT FROM income_inquiry WHERE ended_on IS NULL)"):
        await raw.execute(_ANSWERED, list(residents), by, uow.today)


async def ask(uow: UnitOfWork, resident: int, municipality_code: str, income_year: int, *, by: str) -> UUID | None:
    """The window has asked another municipality; None where an inquiry is open already. 未申告 becomes 照会中."""
    raw = await driver(uow.connection)
    found: UUID | None = await raw.fetchval(_ASK, uuid7(), resident, income_year, municipality_code, by, uow.today)
    if found is not None:
        await raw.execute(_NOW_INQUIRED, resident, income_year)
    return found


async def end(uow: UnitOfWork, resident: int, income_year: int, ending: str, *, by: str) -> bool:
    """End the open inquiry of an income by hand; False where there is none. Whoever is not known there either is 未申告."""
    raw = await driver(uow.connection)
    if await raw.fetchval(_END, resident, income_year, uow.today, ending, by) is None:
        return False
    if ending in ("undeclared_there", "mistaken"):
        await raw.execute(_NOT_KNOWN_THERE, resident, income_year)
    return True


async def of_person(uow: UnitOfWork, resident: int) -> list[dict[str, Any]]:
    """Every inquiry about a resident, the newest first, with the days since it was asked."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_OF_PERSON, resident, uow.today)]


async def reconciled(uow: UnitOfWork, income_year: int, *, patience: int) -> list[dict[str, Any]]:
    """By municipality: inquiries = answered + ended by hand + waiting; answered = applied, and no answer lies unapplied."""
    rows = await (await driver(uow.connection)).fetch(_RECONCILED, income_year, uow.today, patience)
    counted = [dict(row) for row in rows]
    ends = ("answered", "undeclared_there", "declared_here", "mistaken", "waiting")
    return [
        {
            **row,
            "agrees": row["inquiries"] == sum(row[name] for name in ends) and row["answered"] == row["applied"] and not row["unapplied"],
        }
        for row in counted
    ]
