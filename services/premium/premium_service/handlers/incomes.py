"""Incomes: fixed or corrected, they decide again for everyone in the household."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
from chassis.batches import open_sealed
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import IncomeDetermined, IncomesBatchSealed

from premium_service.handlers.reassessing import Touched, reassess
from premium_service.handlers.residents import ROWS_AT_ONCE, mark_due
from premium_service.store.incomes import AMOUNTS, IncomeRecord, apply_incomes, households_of


async def on_incomes_determined(messages: Sequence[Message[IncomeDetermined]], uow: UnitOfWork) -> None:
    """Incomes were fixed or corrected: decide again for the households of these people."""
    residents = await apply_incomes([_record(message.event) for message in messages], uow)

    households = await households_of(residents, uow)
    touched = Touched()
    for message, resident in zip(messages, residents, strict=True):
        year = FiscalYear(message.event.income_year + 1)
        touched.add(households.get(resident, ()), message, year.start, year.end)
    await reassess(touched, uow)


async def on_incomes_batch_sealed(messages: Sequence[Message[IncomesBatchSealed]], uow: UnitOfWork) -> None:
    """A whole file of incomes: loaded at once; its households are due for the next run of assess."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=IncomeDetermined.type)
        for part in frame.iter_slices(ROWS_AT_ONCE):
            records = list(_records(part))
            residents = await apply_incomes(records, uow)
            households = await households_of(residents, uow)
            changed = (
                (households.get(resident, ()), FiscalYear(record.income_year + 1).start)
                for resident, record in zip(residents, records, strict=True)
            )
            await mark_due(changed, uow)


def _record(event: IncomeDetermined) -> IncomeRecord:
    return IncomeRecord(
        event.municipality_code,
        event.resident_number,
        event.income_year,
        event.sequence or 0,
        int(event.status),
        {name: getattr(event, name) for name in AMOUNTS},
        event.total_income,
    )


_COLUMNS = ("municipality_code", "resident_number", "income_year", "sequence", "status", "total_income", *AMOUNTS)


def _records(frame: pl.DataFrame) -> Iterable[IncomeRecord]:
    for code, number, year, sequence, status, total, *amounts in frame.select(_COLUMNS).iter_rows():
        yield IncomeRecord(code, number, year, sequence, int(status), dict(zip(AMOUNTS, amounts, strict=True)), total)
