"""Receipts of the people in `people.py`, for the tests of collection."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from chassis.clock import derived_id
from chassis.database import driver
from chassis.unit_of_work import Units
from collection_service.store import receipts
from collection_service.store.receipts import Receipt, Taken

from services.collection.tests.people import CHIYODA, DAY, rows

PAID_ON = date(2026, 7, 10)


def paid(person: int, amount: int, number: int | None = 1, *, reference: str | None = None, **changes: Any) -> Receipt:
    """What person `person` paid at a bank for instalment `number` of FY2026."""
    found = Receipt(
        "bank", reference or f"{person}-{number}-{amount}", CHIYODA, amount, PAID_ON, derived_id("insured", person), 2026, number
    )
    return replace(found, **changes)


def of_nobody(amount: int, reference: str = "nobody") -> Receipt:
    """Money of which nobody knows whose it is."""
    return Receipt("bank", reference, CHIYODA, amount, PAID_ON, None, None, None)


async def take(units: Units, *given: Receipt, today: date = DAY) -> list[Taken]:
    async with units.open() as uow:
        return await receipts.take(await driver(uow.connection), given, today=today)


async def take_back(units: Units, receipt: Receipt, today: date = DAY) -> bool:
    async with units.open() as uow:
        return await receipts.take_back(await driver(uow.connection), receipt.source, receipt.reference, today=today, reason="入力の誤り")


BALANCES = """
SELECT v.account, sum(CASE v.side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM money_entry
CROSS JOIN LATERAL (VALUES (debit, 'debit'), (credit, 'credit')) AS v(account, side) GROUP BY 1
"""


async def balances(units: Units) -> dict[str, int]:
    """Account → debits less credits, yen; accounts that are even are left out."""
    return {account: amount for account, amount in await rows(units, BALANCES) if amount}
