"""簡易申告: incomes that were declared at the window with their evidence, and the state of the incomes of a resident."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.store import inquiries
from premium_service.store.incomes import AMOUNTS

_KEEP: Final = """
INSERT INTO simple_declaration (declaration_id, resident, municipality_code, income_year, declared_on, declarant, relationship, amounts,
    evidence, remark, taken_by, taken_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
# The history number of the municipality stays: its next record comes after this as after any other.
_APPLY: Final = f"""
INSERT INTO income (resident, income_year, sequence, income_status, {", ".join(AMOUNTS)}, total_income, has_total_income, is_declaration)
VALUES ($1, $2, 0, 1, {", ".join(f"${number}" for number in range(3, 3 + len(AMOUNTS)))}, 0, false, true)
ON CONFLICT (resident, income_year) DO UPDATE SET income_status = 1, total_income = 0, has_total_income = false, is_declaration = true,
    {", ".join(f"{name} = excluded.{name}" for name in AMOUNTS)}
WHERE income.income_status <> 1 OR income.is_declaration
RETURNING resident
"""
_COLUMNS: Final = (
    "declaration_id, income_year, declared_on, declarant, relationship, amounts::text AS amounts, evidence, remark, taken_by, taken_at"
)
_OF_PERSON: Final = f"SELECT {_COLUMNS} FROM simple_declaration WHERE resident = $1 ORDER BY taken_at DESC"
_ONE: Final = f"SELECT {_COLUMNS} FROM simple_declaration WHERE declaration_id = $1 AND resident = $2"
_STATES: Final = """
SELECT y.income_year, coalesce(n.income_status, 0) AS income_status, coalesce(n.is_declaration, false) AS is_declaration,
    g.gap, g.since, v.approval_id IS NOT NULL AS overridden
FROM unnest($2::smallint[]) AS y(income_year)
LEFT JOIN income n ON (n.resident, n.income_year) = ($1, y.income_year)
LEFT JOIN income_gap g ON (g.resident, g.income_year) = ($1, y.income_year) AND g.closed_on IS NULL
LEFT JOIN income_override v ON (v.resident, v.income_year) = ($1, y.income_year)
ORDER BY y.income_year DESC
"""
_OVERRIDE: Final = """
INSERT INTO income_override (resident, income_year, municipality_code, approval_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (resident, income_year) DO NOTHING RETURNING resident
"""


async def take(
    uow: UnitOfWork,
    resident: int,
    municipality_code: str,
    income_year: int,
    amounts: Mapping[str, int],
    *,
    declared_on: date,
    declarant: str,
    relationship: str,
    evidence: Sequence[str],
    remark: str,
    by: str,
) -> UUID | None:
    """Keep a declaration and let it count; None where the municipality has determined the income already."""
    raw = await driver(uow.connection)
    if await raw.fetchval(_APPLY, resident, income_year, *(amounts.get(name, 0) for name in AMOUNTS)) is None:
        return None
    declaration_id = uuid7()
    await raw.execute(
        _KEEP, declaration_id, resident, municipality_code, income_year, declared_on, declarant, relationship,
        json.dumps(dict(amounts)), list(evidence), remark, by, uow.now,
    )  # fmt: skip
    await inquiries.end(uow, resident, income_year, "declared_here", by=by)
    return declaration_id


async def of_person(uow: UnitOfWork, resident: int) -> list[dict[str, Any]]:
    """Every declaration about a resident, the newest first; the first of an income year is the one that counts."""
    return [_declaration(row) for row in await (await driver(uow.connection)).fetch(_OF_PERSON, resident)]


async def one(uow: UnitOfWork, declaration_id: UUID, resident: int) -> dict[str, Any] | None:
    row = await (await driver(uow.connection)).fetchrow(_ONE, declaration_id, resident)
    return _declaration(row) if row else None


async def states(uow: UnitOfWork, resident: int, income_years: Sequence[int]) -> list[dict[str, Any]]:
    """What is known of the incomes of some years, the latest first: status (0: no record), gap, and whether officers decide without it."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_STATES, resident, list(income_years))]


async def override(uow: UnitOfWork, resident: int, municipality_code: str, income_year: int, approval_id: UUID) -> bool:
    """Premiums may be decided although this income is being inquired; False where they may already."""
    raw = await driver(uow.connection)
    return await raw.fetchval(_OVERRIDE, resident, income_year, municipality_code, approval_id) is not None


def _declaration(row: Any) -> dict[str, Any]:
    return {**dict(row), "amounts": json.loads(row["amounts"])}
