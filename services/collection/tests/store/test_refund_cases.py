"""Cases of what was paid too much (C-18): they open and close with the ledger, whoever writes it, and nothing is decided beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import pytest
from chassis.clock import derived_id
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from collection_service.store.money import Account, Entry

from services.collection.tests.people import ROOT, apply, assessed, rows
from services.collection.tests.refunds import entered, lowered, paid, reversal_of

CASES = "SELECT fiscal_year, found_on, closed_on FROM refund_case WHERE insured_id = '{}' ORDER BY closed_on NULLS LAST"


@pytest.fixture(scope="module")
async def database(databases: Databases) -> TestDatabase:
    """Twelve people, each charged 58,050 yen in eight instalments, the first 7,650."""
    made = await databases("collection", ROOT)
    async with made.units() as units:
        await apply(units, *(assessed(number, 58_050) for number in range(1, 13)))
    return made


@pytest.fixture
async def units(database: TestDatabase) -> AsyncIterator[Units]:
    async with database.units() as found:
        yield found


async def cases(units: Units, person: int) -> list[tuple[Any, ...]]:
    return await rows(units, CASES.format(derived_id("insured", person)))


async def test_an_overpayment_has_a_case_when_the_statement_ends_and_none_twice(units: Units) -> None:
    """C-18: seen to fail without the trigger `overpayments_have_a_case`."""
    await entered(units, paid(1, 7_650, number=1))
    assert await cases(units, 1) == []

    await entered(units, paid(1, 7_650), paid(1, 100))
    await entered(units, paid(1, 200))

    assert await cases(units, 1) == [(2026, date(2026, 7, 13), None)]


async def test_a_lowered_premium_has_a_case_too(units: Units) -> None:
    await entered(units, paid(2, 7_650, number=1))
    await entered(units, lowered(2, 7_000, number=1))

    assert len(await cases(units, 2)) == 1


async def test_a_case_closes_when_the_receipt_behind_it_is_taken_back_and_another_opens_later(units: Units) -> None:
    (entry,) = await entered(units, paid(3, 500))
    await entered(units, reversal_of(paid(3, 500), entry))
    assert [closed for _, _, closed in await cases(units, 3)] == [date(2026, 7, 13)]

    await entered(units, paid(3, 600))

    assert [closed is None for _, _, closed in await cases(units, 3)] == [False, True]


async def test_a_case_cannot_be_closed_while_something_is_overpaid_or_payable(database: TestDatabase, units: Units) -> None:
    """Seen to fail without the trigger `cases_close_at_nothing`."""
    await entered(units, paid(4, 500))
    connection = await asyncpg.connect(database.url)
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="500 yen are overpaid, 0 yen payable"):
            await connection.execute("UPDATE refund_case SET closed_on = '2026-07-13' WHERE insured_id = $1", derived_id("insured", 4))
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("DELETE FROM refund_case")
    finally:
        await connection.close()


async def test_nothing_stays_between_two_fiscal_years(units: Units) -> None:
    """Seen to fail without the trigger `nothing_stays_in_transfer`."""
    receipt = paid(5, 500)
    await entered(units, receipt)
    with pytest.raises(asyncpg.CheckViolationError, match="leaves 500 yen between two fiscal years"):
        await entered(units, Entry(
            derived_id("half a transfer"), Account.OVERPAID, Account.TRANSFER, receipt.municipality_code, 500, receipt.paid_on,
            "appropriation", receipt.insured_id, 2026,
        ))  # fmt: skip


async def test_a_decision_that_the_ledger_does_not_hold_is_refused(database: TestDatabase, units: Units) -> None:
    """Whoever writes it; seen to fail without the trigger `refunds_are_in_the_ledger`."""
    await entered(units, paid(6, 500))
    connection = await asyncpg.connect(database.url)
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="is about 500 yen, its entries about 0 yen"):
            await connection.execute(INVENTED, derived_id("insured", 6))
    finally:
        await connection.close()


INVENTED = """
WITH asked AS (
    INSERT INTO approval (approval_id, act, municipality_code, content, reason, state, asked_by, asked_at)
    VALUES (gen_random_uuid(), 'refund_decided', '131016', '{}', 'test', 'asked', 'tester', now()) RETURNING approval_id
)
INSERT INTO refund_decision (decision_id, case_id, kind, municipality_code, insured_id, fiscal_year, occasion, legal_basis, amount,
                             refund_addition, provisional, payee, decided_on, approval_id, transaction_id)
SELECT gen_random_uuid(), c.case_id, 'refund', c.municipality_code, c.insured_id, c.fiscal_year, 'lowered', 'test', 500, 0, '{}',
       'insured', '2026-07-13', asked.approval_id, gen_random_uuid()
FROM refund_case c, asked WHERE c.insured_id = $1
"""
