"""Incomes: fixed or corrected, they decide again for everyone in the household."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl
from chassis.batches import open_sealed
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import IncomeDetermined, IncomesBatchSealed

from premium_service.handlers.reassessing import Touched, reassess
from premium_service.handlers.residents import ROWS_AT_ONCE, mark_due
from premium_service.store import income_files, income_gaps
from premium_service.store.incomes import AMOUNTS, Counted, IncomeRecord, apply_incomes, households_of


async def on_incomes_determined(messages: Sequence[Message[IncomeDetermined]], uow: UnitOfWork) -> None:
    """Incomes were fixed or corrected: decide again for the households of these people."""
    residents = await apply_incomes([_record(message.event) for message in messages], uow)

    households = await households_of(residents, uow)
    touched = Touched()
    for message, resident in zip(messages, residents, strict=True):
        touched.add(households.get(resident, ()), message, counts_from(message.event.income_year))
    await reassess(touched, uow)
    of_year = {(message.event.income_year, resident) for message, resident in zip(messages, residents, strict=True)}
    for income_year in sorted({year for year, _ in of_year}):
        concerned = sorted(resident for year, resident in of_year if year == income_year)
        await income_gaps.follow(await driver(uow.connection), FiscalYear(income_year + 1), concerned, today=uow.today)


async def on_incomes_batch_sealed(messages: Sequence[Message[IncomesBatchSealed]], uow: UnitOfWork) -> None:
    """A whole file of incomes: loaded at once; its households are due for the next run of assess."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=IncomeDetermined.type)
        counted = Counted()
        for part in frame.iter_slices(ROWS_AT_ONCE):
            records = list(_records(part))
            residents = await apply_incomes(records, uow, counted=counted)
            households = await households_of(residents, uow)
            written = zip(residents, records, strict=True)
            await mark_due(((households.get(resident, ()), counts_from(record.income_year)) for resident, record in written), uow)
        await income_files.keep(message.event, counted, uow)


def counts_from(income_year: int) -> date:
    """The first day of the fiscal year whose premium rests on the income of a calendar year."""
    return FiscalYear(income_year + 1).start


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
