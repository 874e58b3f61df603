"""異動賦課: decide again for whole households, in the transaction of the fact that made it necessary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
from asyncpg import Connection
from chassis.clock import uuid7
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message

from premium_service.domain.assessing import decide, event_of, uuid_of
from premium_service.store import assessments, causes, limited, members, remissions
from premium_service.store.deciding import DECISION_LOCK, end_waits_in_vain, follow_incomes, latest_of, law_of, number_of, open_years


class Touched:
    """What messages touch: for each household the messages, and the first day from which what they say counts."""

    def __init__(self) -> None:
        self.causes: dict[int, list[Message[Any]]] = {}
        self.since: dict[int, date] = {}

    def add(self, households: Iterable[int], message: Message[Any], since: date) -> None:
        """A message says something about these households from a day on."""
        for household in households:
            self.causes.setdefault(household, []).append(message)
            self.since[household] = min(since, self.since.get(household, since))


async def reassess(touched: Touched, uow: UnitOfWork) -> None:
    """Decide again for the households, in each fiscal year from the one of the fact to that of the business day, under that year's law;
    who is unchanged hears nothing."""
    if not touched.causes:
        return
    raw = await driver(uow.connection)
    await raw.execute(f"SELECT pg_advisory_xact_lock_shared({DECISION_LOCK})")
    for year in await open_years(raw, min(touched.since.values()), uow.today):
        households = sorted(household for household, since in touched.since.items() if since < year.end)
        if households:
            await _reassess_year(raw, households, year, touched, uow)


async def _reassess_year(raw: Connection[Any], households: list[int], year: FiscalYear, touched: Touched, uow: UnitOfWork) -> None:
    law, run_id = law_of(year), uuid7()
    inputs = await members.of_households(raw, households, year)
    limit = await limited.limit_of(raw, inputs, year, uow)
    outcome = decide(inputs, await latest_of(raw, inputs, law), law, decided_on=uow.today, run_id=run_id, limit=limit)
    because_of = {household: messages[-1] for household, messages in touched.causes.items()}
    rows = list(map(int, outcome.source_rows))
    if limit is not None and outcome.beyond is not None:
        rows += await limited.keep(raw, inputs, outcome.beyond, limit, year, run_id=run_id, uow=uow, because_of=because_of)
    if rows:
        await members.keep(raw, run_id, inputs[np.isin(inputs["household"], inputs["household"][rows])])
    if len(outcome.decisions):
        await assessments.append(raw, outcome.decisions)
        made = zip(outcome.decisions, outcome.source_rows, strict=True)
        await causes.keep(raw, [(decision, touched.causes[int(inputs["household_id"][row])]) for decision, row in made], year, uow.today)
    for decision, row in zip(outcome.decisions, outcome.source_rows, strict=True):
        uow.publish(event_of(decision, number_of(inputs[row]), law), because=because_of[int(inputs["household_id"][row])])
    decided = {uuid_of(inputs["insured_id"][row]): because_of[int(inputs["household_id"][row])] for row in outcome.source_rows}
    await remissions.follow(uow, law.fiscal_year.year, list(decided), because=decided)
    await follow_incomes(inputs, outcome, law, uow)
    await end_waits_in_vain(households, law, uow)
