"""Incomes by resident and calendar year. Unknown is a status, never an amount."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.store import inquiries
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


@dataclass(slots=True)
class Counted:
    """What became of the rows of a file: `overtaken` by a later row of the file or a later record, `written`, and yen by kind of income
    (`unwritten`: of rows that were overtaken or carry no income; both add up to what the file was sealed with)."""

    overtaken: int = 0
    written: int = 0
    unwritten_totals: Counter[str] = field(default_factory=Counter)
    written_totals: Counter[str] = field(default_factory=Counter)


async def apply_incomes(records: Sequence[IncomeRecord], uow: UnitOfWork, *, counted: Counted | None = None) -> list[int]:
    """Write the records, in order; returns the resident number of each. What is written ends or begins inquiries (照会).

    An older record never replaces a newer one, a declaration at the window (簡易申告) yields to a determined income alone, and where the
    window inquires, a municipality that knows nothing of the person (未申告) has not answered (I-18).
    """
    raw = await driver(uow.connection)
    numbers = await numbers_of(raw, [(record.municipality_code, record.resident_number) for record in records])
    residents = [numbers[record.municipality_code, record.resident_number] for record in records]
    latest = {(resident, record.income_year): record for resident, record in zip(residents, records, strict=True)}
    rows = sorted(latest.items(), key=lambda item: item[0])
    known = [record.status == 1 for _, record in rows]
    amounts = [[record.amounts[name] if counts else 0 for (_, record), counts in zip(rows, known, strict=True)] for name in AMOUNTS]
    written = await raw.fetchrow(
        _UPSERT,
        [key[0] for key, _ in rows],
        [key[1] for key, _ in rows],
        [record.sequence for _, record in rows],
        [record.status for _, record in rows],
        *amounts,
        [record.total_income or 0 if counts else 0 for (_, record), counts in zip(rows, known, strict=True)],
        [record.total_income is not None and counts for (_, record), counts in zip(rows, known, strict=True)],
    )
    if counted is not None:
        _count(counted, records, residents, written)
    await inquiries.follow(uow, [key[0] for key, _ in rows], by="municipality")
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


def _count(counted: Counted, records: Sequence[IncomeRecord], residents: Sequence[int], written: Any) -> None:
    """Add the yen that the database says it has written, and what was sent in the rows that it has not written or that carry no income."""
    counted.written += written["rows"]
    counted.overtaken += len(records) - written["rows"]
    for name in (*AMOUNTS, "total_income"):
        counted.written_totals[name] += written[name]
    overtaken = {divmod(key, 10_000) for key in written["overtaken"]}
    seen: set[tuple[int, int]] = set()
    for record, resident in zip(reversed(records), reversed(residents), strict=True):
        key = (resident, record.income_year)
        if record.status != 1 or key in overtaken or key in seen:
            counted.unwritten_totals.update(
                {name: record.amounts[name] or 0 for name in AMOUNTS} | {"total_income": record.total_income or 0}
            )
        seen.add(key)


_COLUMNS = ("resident", "income_year", "sequence", "income_status", *AMOUNTS, "total_income", "has_total_income")
_TYPES = ("bigint", "smallint", "int", "smallint", *["bigint"] * (len(AMOUNTS) + 1), "boolean")
_DECLARED_HERE = "income.is_declaration AND excluded.income_status <> 1"
_NO_ANSWER = """given.income_status = 2 AND EXISTS (
    SELECT FROM income_inquiry q
    WHERE (q.resident, q.income_year) = (given.resident, given.income_year) AND q.ended_on IS NULL AND q.by_window
)"""
_UPSERT = f"""
WITH given AS (
    SELECT * FROM unnest({", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_TYPES, 1))}) AS k({", ".join(_COLUMNS)})
), written AS (
    INSERT INTO income ({", ".join(_COLUMNS)})
    SELECT {", ".join(f"CASE WHEN {_NO_ANSWER} THEN 3 ELSE given.{name} END" if name == "income_status" else name for name in _COLUMNS)}
    FROM given
    ON CONFLICT (resident, income_year) DO UPDATE SET sequence = excluded.sequence, is_declaration = {_DECLARED_HERE},
        {", ".join(f"{name} = CASE WHEN {_DECLARED_HERE} THEN income.{name} ELSE excluded.{name} END" for name in _COLUMNS[3:])}
    WHERE excluded.sequence >= income.sequence
    RETURNING resident, income_year, is_declaration, {", ".join((*AMOUNTS, "total_income"))}
), overtaken AS (
    SELECT resident, income_year FROM given EXCEPT SELECT resident, income_year FROM written WHERE NOT is_declaration
)
SELECT count(*) FILTER (WHERE NOT is_declaration) AS rows,
    (SELECT coalesce(array_agg(resident * 10000 + income_year), '{{}}'::bigint[]) FROM overtaken) AS overtaken,
    {", ".join(f"coalesce(sum({name}) FILTER (WHERE NOT is_declaration), 0)::bigint AS {name}" for name in (*AMOUNTS, "total_income"))}
FROM written
"""
