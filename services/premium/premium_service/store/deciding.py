"""What a decision for one household and a run for the whole union have in common: the law in force, what was decided before, waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.process import advance
from chassis.unit_of_work import UnitOfWork

from premium_service import settings
from premium_service.domain.assessing import Outcome, parameters_of, uuid_of
from premium_service.domain.income_awaited import IncomeAwaited, IncomeMissing, PremiumDecided
from premium_service.rules.parameters import Parameters
from premium_service.store import assessments

DECISION_LOCK = 7_265_001
"""Advisory lock: decisions for single households share it, a chunk of a run holds it alone, so that no revision is made twice."""


def law_in_force(uow: UnitOfWork) -> Parameters:
    """The law of this installation's union and of the fiscal year of the business day."""
    current = settings.current()
    return parameters_of(current.union, FiscalYear.of(uow.today).year, sample=current.sample_data)


async def latest_of(raw: Connection[Any], inputs: Records, law: Parameters) -> Records:
    """The decisions in force of the people whom the input rows assess."""
    insured = [uuid_of(value) for value in inputs["insured_id"][inputs["is_assessed"]]]
    return await assessments.latest(raw, insured, law.fiscal_year.year)


async def follow_incomes(inputs: Records, outcome: Outcome, numbers: Mapping[int, str], law: Parameters, uow: UnitOfWork) -> None:
    """Begin a wait for whoever could not be decided, end the wait of whoever could."""
    raw, year = await driver(uow.connection), law.fiscal_year.year
    happened: list[tuple[str, Any, None]] = []
    for row in inputs[outcome.pending_rows]:
        insured_id = uuid_of(row["insured_id"])
        missing = IncomeMissing(insured_id, row["municipality_code"].decode(), numbers[int(row["member"])], year, uow.today)
        happened.append((f"{insured_id}:{year}", missing, None))
    decided = [f"{uuid_of(value)}:{year}" for value in inputs["insured_id"][outcome.decided_rows]]
    waiting = await raw.fetch(
        "SELECT key FROM process_instance WHERE process = $1 AND key = ANY($2::text[]) AND state->>'step' IN ('waiting', 'raised')",
        IncomeAwaited.name,
        decided,
    )
    happened += [(row["key"], PremiumDecided(uow.today), None) for row in waiting]
    if happened:
        await advance(IncomeAwaited(), happened, uow)
