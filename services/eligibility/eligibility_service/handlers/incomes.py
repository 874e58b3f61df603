"""An income was fixed or corrected: the mirror takes it, and everybody in the household is judged again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis import batches
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import IncomeDetermined, IncomesBatchSealed

from eligibility_service.domain import incomes as records
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.store import copay_judging, copay_runs, incomes
from eligibility_service.store.cases import Person


async def on_incomes_determined(messages: Sequence[Message[IncomeDetermined]], uow: UnitOfWork) -> None:
    """Incomes of single residents; the copay year that rests on each is judged again for the whole household."""
    await incomes.take(uow, records.of_events([message.event for message in messages]))

    for income_year in sorted({message.event.income_year for message in messages}):
        because_of: dict[Person, Message[Any] | None] = {
            (message.event.municipality_code, message.event.resident_number): message
            for message in messages
            if message.event.income_year == income_year
        }
        years = await _judged_on(uow, income_year)
        await copay_judging.rejudge(uow, because_of, years=years, packed=messages[0].pack_id is not None)


async def on_incomes_sealed(messages: Sequence[Message[IncomesBatchSealed]], uow: UnitOfWork) -> None:
    """A whole file of incomes, by COPY; the municipality is due for the next run."""
    for message in messages:
        frame = await batches.open_sealed(uow.store, message.event, schema_name=IncomeDetermined.type)
        taken = await asyncio.to_thread(records.of_batch, frame)

        await incomes.take(uow, taken)
        years = [year for income_year in taken["income_year"].unique() for year in await _judged_on(uow, income_year)]
        await copay_runs.mark_municipality_due(uow, message.event.municipality_code, years=years)


async def _judged_on(uow: UnitOfWork, income_year: int) -> list[CopayYear]:
    """The copay years that rest on an income year: one that is past only where it was judged."""
    year = CopayYear(income_year + 1)
    return [year] if year in await copay_judging.years_judged(uow) or await copay_judging.was_judged(uow, year) else []
