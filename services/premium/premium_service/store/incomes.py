"""Incomes by resident and calendar year. Unknown is a status, never an amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.store.residents import numbers_of

AMOUNTS = (
    "public_pension_receipts",
    "salary_receipts",
    "business_income",
    "other_income",
    "capital_gains",
    "capital_gains_special_deduction",
    "family_employee_deduction",
    "family_employee_salary_received",
    "loss_carried_forward",
)

POSITIONS = """
SELECT r.municipality_code || ':' || r.resident_number || ':' || i.income_year AS position, i.sequence
FROM income i JOIN resident r ON r.number = i.resident
WHERE (r.municipality_code, r.resident_number, i.income_year) IN (
    SELECT split_part(k, ':', 1), split_part(k, ':', 2), split_part(k, ':', 3)::smallint FROM unnest($1::text[]) AS k
) ORDER BY i.resident, i.income_year FOR UPDATE OF i
"""


@dataclass(frozen=True, slots=True)
class IncomeRecord:
    """One resident's incomes of one year (yen); with another status than declared (1) the amounts mean nothing."""

    municipality_code: str
    resident_number: str
    income_year: int
    sequence: int
    status: int
    amounts: Mapping[str, int]
    total_income: int | None


async def apply_incomes(records: Sequence[IncomeRecord], uow: UnitOfWork) -> list[int]:
    """Write the records, in order; returns the resident number of each."""
    raw = await driver(uow.connection)
    numbers = await numbers_of(raw, [(record.municipality_code, record.resident_number) for record in records])
    residents = [numbers[record.municipality_code, record.resident_number] for record in records]
    latest = {(resident, record.income_year): record for resident, record in zip(residents, records, strict=True)}
    rows = sorted(latest.items(), key=lambda item: item[0])
    known = [record.status == 1 for _, record in rows]
    amounts = [[record.amounts[name] if counts else 0 for (_, record), counts in zip(rows, known, strict=True)] for name in AMOUNTS]
    await raw.execute(
        _UPSERT,
        [key[0] for key, _ in rows],
        [key[1] for key, _ in rows],
        [record.sequence for _, record in rows],
        [record.status for _, record in rows],
        *amounts,
        [record.total_income or 0 if counts else 0 for (_, record), counts in zip(rows, known, strict=True)],
        [record.total_income is not None and counts for (_, record), counts in zip(rows, known, strict=True)],
    )
    return residents


async def households_of(residents: Sequence[int], uow: UnitOfWork) -> dict[int, set[int]]:
    """Resident number → every household that the person has belonged to."""
    raw = await driver(uow.connection)
    rows: list[Any] = await raw.fetch(
        "SELECT resident, household_id FROM membership WHERE resident = ANY($1::bigint[])", sorted(set(residents))
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row["resident"], set()).add(row["household_id"])
    return found


_COLUMNS = ("resident", "income_year", "sequence", "income_status", *AMOUNTS, "total_income", "has_total_income")
_TYPES = ("bigint", "smallint", "int", "smallint", *["bigint"] * (len(AMOUNTS) + 1), "boolean")
_UPSERT = f"""
INSERT INTO income ({", ".join(_COLUMNS)})
SELECT * FROM unnest({", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_TYPES, 1))})
ON CONFLICT (resident, income_year) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])}
"""
