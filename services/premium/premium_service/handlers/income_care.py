"""所得把握: a declaration, an inquiry or an officers' leave at the window decides again for the household."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.database import driver
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.premium import IncomeReviewed

from premium_service.handlers.reassessing import Touched, reassess
from premium_service.store.incomes import households_of
from premium_service.store.residents import numbers_of


async def on_incomes_reviewed(messages: Sequence[Message[IncomeReviewed]], uow: UnitOfWork) -> None:
    """What is known of an income has changed at the window: decide again for the households of these people."""
    people = [(message.event.municipality_code, message.event.resident_number) for message in messages]
    numbers = await numbers_of(await driver(uow.connection), people)

    households = await households_of(list(numbers.values()), uow)
    touched = Touched()
    for message, person in zip(messages, people, strict=True):
        year = FiscalYear(message.event.income_year + 1)
        touched.add(households.get(numbers[person], ()), message, year.start, year.end)
    await reassess(touched, uow)
