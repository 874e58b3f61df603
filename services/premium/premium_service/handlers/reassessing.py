"""異動賦課: decide again for whole households, in the transaction of the fact that made it necessary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.clock import uuid7
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.process import advance
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message

from premium_service import settings
from premium_service.domain.assessing import Outcome, decide, event_of, parameters_of, uuid_of
from premium_service.domain.income_awaited import IncomeAwaited, IncomeMissing, PremiumDecided
from premium_service.rules.parameters import Parameters
from premium_service.store import assessments, members

DECISION_LOCK = 7_265_001
"""Advisory lock: decisions for single households share it, a chunk of a run holds it alone, so that no revision is made twice."""


def law_in_force(uow: UnitOfWork) -> Parameters:
    """The law of this installation's union and of the fiscal year of the business day."""
    current = settings.current()
    return parameters_of(current.union, FiscalYear.of(uow.today).year, sample=current.sample_data)


async def reassess(because_of: Mapping[int, Message[Any]], uow: UnitOfWork) -> None:
    """Decide again for the households (id → the message that made it necessary); who is unchanged hears nothing."""
    if not because_of:
        return
    raw, law = await driver(uow.connection), law_in_force(uow)
    await raw.execute(f"SELECT pg_advisory_xact_lock_shared({DECISION_LOCK})")
    inputs = await members.of_households(raw, sorted(because_of), law.fiscal_year)
    run_id = uuid7()
    outcome = decide(inputs, await latest_of(raw, inputs, law), law, decided_on=uow.today, run_id=run_id)
    if len(outcome.decisions):
        await members.keep(raw, run_id, inputs[np.isin(inputs["household"], outcome.decisions["household"])])
        await assessments.append(raw, outcome.decisions)
    numbers = await resident_numbers(raw, inputs["member"][np.concatenate([outcome.source_rows, outcome.pending_rows])].tolist())
    for decision, row in zip(outcome.decisions, outcome.source_rows, strict=True):
        uow.publish(event_of(decision, numbers[int(inputs["member"][row])], law), because=because_of[int(inputs["household_id"][row])])
    await follow_incomes(inputs, outcome, numbers, law, uow)


async def latest_of(raw: Connection[Any], inputs: Records, law: Parameters) -> Records:
    """The decisions in force of the people whom the input rows assess."""
    insured = [uuid_of(value) for value in inputs["insured_id"][inputs["is_assessed"]]]
    return await assessments.latest(raw, insured, law.fiscal_year.year)


async def resident_numbers(raw: Connection[Any], residents: Sequence[int]) -> dict[int, str]:
    """Number of a resident here → 宛名番号."""
    rows = await raw.fetch("SELECT number, resident_number FROM resident WHERE number = ANY($1::bigint[])", list(residents))
    return {row["number"]: row["resident_number"] for row in rows}


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
