"""異動賦課: decide again for whole households, in the transaction of the fact that made it necessary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message

from premium_service.domain.assessing import decide, event_of, uuid_of
from premium_service.store import assessments, members, remissions
from premium_service.store.deciding import DECISION_LOCK, end_waits_in_vain, follow_incomes, latest_of, law_in_force, number_of


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
    for decision, row in zip(outcome.decisions, outcome.source_rows, strict=True):
        uow.publish(event_of(decision, number_of(inputs[row]), law), because=because_of[int(inputs["household_id"][row])])
    decided = {uuid_of(inputs["insured_id"][row]): because_of[int(inputs["household_id"][row])] for row in outcome.source_rows}
    await remissions.follow(uow, law.fiscal_year.year, list(decided), because=decided)
    await follow_incomes(inputs, outcome, law, uow)
    await end_waits_in_vain(sorted(because_of), law, uow)
