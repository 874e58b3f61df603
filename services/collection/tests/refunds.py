"""Money of the people of `people.py`: paid, paid too much, lowered; for the tests of refunds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from chassis.clock import derived_id, uuid7
from chassis.database import driver
from chassis.unit_of_work import Units
from collection_service.store import money
from collection_service.store.money import Account, Entry

from services.collection.tests.people import CHIYODA, DAY


def paid(person: int, amount: int, *, number: int | None = None, on: date = DAY, source: str = "counter", year: int = 2026) -> Entry:
    """Money of a person that settles instalment `number`; without one, it is too much from the beginning."""
    return Entry(
        transaction_id=uuid7(),
        debit=Account.CASH,
        credit=Account.RECEIVABLE if number else Account.OVERPAID,
        municipality_code=CHIYODA,
        amount=amount,
        paid_on=on,
        source=source,
        insured_id=derived_id("insured", person),
        fiscal_year=year,
        number=number,
    )


def lowered(person: int, amount: int, *, number: int, on: date = DAY, year: int = 2026) -> Entry:
    """What a lowered premium makes of yen that had settled an instalment: too much."""
    return replace(
        paid(person, amount, number=number, on=on, source="lowered", year=year), debit=Account.RECEIVABLE, credit=Account.OVERPAID
    )


def reversal_of(entry: Entry, entry_id: UUID) -> Entry:
    """The entry undone."""
    return replace(entry, transaction_id=uuid7(), debit=entry.credit, credit=entry.debit, reverses=entry_id)


async def entered(units: Units, *entries: Entry, today: date = DAY) -> list[UUID]:
    """Enter them by one statement; their ids."""
    async with units.open() as uow:
        return await money.enter(await driver(uow.connection), entries, today=today)
