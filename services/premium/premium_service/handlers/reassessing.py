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

from premium_service.domain.assessing import decide, event_of
from premium_service.store import assessments, causes, limited, members
from premium_service.store.deciding import DECISION_LOCK, end_waits_in_vain, follow_incomes, latest_of, law_of, number_of, open_years


class Touched:
    """What messages touch: for each household the messages, and the days on which what they say counts."""

    def __init__(self) -> None:
        self._said: dict[int, list[tuple[Message[Any], date, date]]] = {}
        self.since = date.max

    def add(self, households: Iterable[int], message: Message[Any], since: date, until: date = date.max) -> None:
        """A message says something about these households from a day on, until before another."""
        for household in households:
            self._said.setdefault(household, []).append((message, since, until))
            self.since = min(since, self.since)

    def in_year(self, year: FiscalYear) -> dict[int, list[Message[Any]]]:
        """household → the messages that count in a fiscal year."""
        counted = {
            household: [message for message, since, until in said if since < year.end and until > year.start]
            for household, said in self._said.items()
        }
        return {household: messages for household, messages in counted.items() if messages}


async def reassess(touched: Touched, uow: UnitOfWork) -> None:
    """Decide again for the households, in each open fiscal year in which a fact counts, under that year's law; who is unchanged hears
    nothing."""
    if touched.since == date.max:
        return
    raw = await driver(uow.connection)
    await raw.execute(f"SELECT pg_advisory_xact_lock_shared({DECISION_LOCK})")
    for year in await open_years(raw, touched.since, uow.today):
        if causes_of := touched.in_year(year):
            await _reassess_year(raw, causes_of, year, uow)


async def _reassess_year(raw: Connection[Any], causes_of: dict[int, list[Message[Any]]], year: FiscalYear, uow: UnitOfWork) -> None:
    law, run_id, households = law_of(year), uuid7(), sorted(causes_of)
    inputs = await members.of_households(raw, households, year)
    limit = await limited.limit_of(raw, inputs, year, uow)
    outcome = decide(inputs, await latest_of(raw, inputs, law), law, decided_on=uow.today, run_id=run_id, limit=limit)
    because_of = {household: messages[-1] for household, messages in causes_of.items()}
    rows = list(map(int, outcome.source_rows))
    if limit is not None and outcome.beyond is not None:
        rows += await limited.keep(raw, inputs, outcome.beyond, limit, year, run_id=run_id, uow=uow, because_of=because_of)
    if rows:
        await members.keep(raw, run_id, inputs[np.isin(inputs["household"], inputs["household"][rows])])
    if len(outcome.decisions):
        await assessments.append(raw, outcome.decisions)
        made = zip(outcome.decisions, outcome.source_rows, strict=True)
        await causes.keep(raw, [(decision, causes_of[int(inputs["household_id"][row])]) for decision, row in made], year, uow.today)
    for decision, row in zip(outcome.decisions, outcome.source_rows, strict=True):
        uow.publish(event_of(decision, number_of(inputs[row]), law), because=because_of[int(inputs["household_id"][row])])
    await follow_incomes(inputs, outcome, law, uow)
    await end_waits_in_vain(households, law, uow)
