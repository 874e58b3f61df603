"""What a decision for one household and a run for the whole union have in common: the law in force, what was decided before, waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.process import advance
from chassis.unit_of_work import UnitOfWork

from premium_service import settings
from premium_service.domain.assessing import Outcome, parameters_of, uuid_of
from premium_service.domain.income_awaited import CASE_OF, IncomeAwaited, IncomeMissing, NothingToDecide, PremiumDecided
from premium_service.rules.parameters import Parameters
from premium_service.store import assessments
from premium_service.store.members import assessed_in

DECISION_LOCK = 7_265_001
"""Advisory lock: decisions for single households share it, a chunk of a run holds it alone, so that no revision is made twice."""


def law_of(year: FiscalYear) -> Parameters:
    """The law of this installation's union and of a fiscal year. Raises NotInForce and UnknownToUs."""
    current = settings.current()
    return parameters_of(current.union, year.year, sample=current.sample_data)


async def open_years(raw: Connection[Any], since: date, today: date) -> list[FiscalYear]:
    """The fiscal years that a fact of the day `since` may change: that of the business day, and earlier ones that premium has begun to
    decide. A year before this installation's first is not decided by a fact, but by a run for it."""
    current = FiscalYear.of(today)
    if since >= current.start:
        return [current]
    first = max(since, date(2008, 4, 1))
    rows = await raw.fetch(_OPEN, FiscalYear.of(first).year, current.year)
    return [*(FiscalYear(row["fiscal_year"]) for row in rows), current]


async def open_year(raw: Connection[Any], year: FiscalYear, today: date) -> None:
    """From now on facts decide this fiscal year, too."""
    await raw.execute("INSERT INTO assessed_year VALUES ($1, $2) ON CONFLICT DO NOTHING", year.year, today)


_OPEN = "SELECT fiscal_year FROM assessed_year WHERE fiscal_year >= $1 AND fiscal_year < $2 ORDER BY 1"


async def latest_of(raw: Connection[Any], inputs: Records, law: Parameters) -> Records:
    """The decisions in force of the people whom the input rows assess."""
    insured = [uuid_of(value) for value in inputs["insured_id"][inputs["is_assessed"]]]
    return await assessments.latest(raw, insured, law.fiscal_year.year)


def number_of(row: Any) -> str:
    """The 宛名番号 of an input row."""
    found: str = row["resident_number"].decode().rstrip()
    return found


_WAITING = "SELECT key FROM process_instance WHERE process = $1 AND key LIKE $2 AND state->>'step' IN ('waiting', 'raised')"


async def follow_incomes(inputs: Records, outcome: Outcome, law: Parameters, uow: UnitOfWork) -> None:
    """Begin a wait for whoever could not be decided, end the wait of whoever could."""
    raw, year = await driver(uow.connection), law.fiscal_year.year
    happened: list[tuple[str, Any, None]] = []
    for row, lacking in zip(inputs[outcome.pending_rows], outcome.lacking, strict=True):
        insured_id, code = uuid_of(row["insured_id"]), row["municipality_code"].decode()
        missing = IncomeMissing(insured_id, code, number_of(row), year, uow.today, kind=CASE_OF[int(lacking)])
        happened.append((f"{insured_id}:{year}", missing, None))
    rows = await raw.fetch(_WAITING, IncomeAwaited.name, f"%:{year}")
    waiting = {UUID(row["key"].partition(":")[0]).bytes: row["key"] for row in rows}
    if waiting:
        decided = inputs["insured_id"][outcome.decided_rows]
        ended = decided[np.isin(decided, np.array(list(waiting), "S16"))]
        happened += [(waiting[bytes(value).ljust(16, b"\0")], PremiumDecided(uow.today), None) for value in ended]
    if happened:
        await advance(IncomeAwaited(), happened, uow)


_IN_VAIN = """
SELECT p.key FROM process_instance p
WHERE p.process = $1 AND p.key LIKE $2 AND p.state->>'step' IN ('waiting', 'raised') AND {concerned}
  AND NOT EXISTS (SELECT {assessed} AND i.insured_id = split_part(p.key, ':', 1)::uuid)
"""
_OF_HOUSEHOLDS = """p.key IN (
    SELECT w.insured_id || ':{year}' FROM insured w JOIN membership h ON h.resident = w.resident WHERE h.household_id = ANY($3::bigint[])
)"""


async def end_waits_in_vain(households: Sequence[int] | None, law: Parameters, uow: UnitOfWork) -> None:
    """End the waits of those for whom there is nothing to decide any more; of some households, or (None) of everybody.

    They are not among the input rows of a decision, so that `follow_incomes` does not see them.
    """
    raw, year = await driver(uow.connection), law.fiscal_year.year
    concerned = "true" if households is None else _OF_HOUSEHOLDS.format(year=year)
    query = _IN_VAIN.format(concerned=concerned, assessed=assessed_in(law.fiscal_year))
    rows = await raw.fetch(query, IncomeAwaited.name, f"%:{year}", *([] if households is None else [list(households)]))
    if rows:
        await advance(IncomeAwaited(), [(row["key"], NothingToDecide(uow.today), None) for row in rows], uow)
