"""I-29: a file of receipts is applied whole, to the yen that it states, or not at all; what has not come keeps 督促 locked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

import asyncpg
import pytest
from chassis.database import driver
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from collection_service.store import receipt_files
from collection_service.store.receipt_files import Applied, FileNotBalanced, Missing, ReceiptFile
from collection_service.store.receipts import Receipt

from services.collection.tests.people import CHIYODA, DAY, HACHIOJI, ROOT, apply, assessed, rows
from services.collection.tests.receipts import balances, of_nobody, paid, take

BUSINESS_DAY = date(2026, 7, 10)
HELD = (paid(1, 7_650), paid(2, 8_000), of_nobody(100))


def a_file(given: Sequence[Receipt] = HELD, content: bytes = b"1") -> ReceiptFile:
    """The bank's file of a day, stating what it holds."""
    yen = sum(receipt.amount for receipt in given)
    return ReceiptFile("bank", CHIYODA, BUSINESS_DAY, sha256(content).hexdigest(), len(given), yen)


async def applied(units: Units, file: ReceiptFile, given: Sequence[Receipt] = HELD) -> Applied:
    async with units.open() as uow:
        return await receipt_files.apply(await driver(uow.connection), file, given, today=DAY)


async def missing(units: Units, until: date = DAY) -> list[Missing]:
    async with units.open() as uow:
        return await receipt_files.missing(await driver(uow.connection), CHIYODA, until)


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """Two people, charged 7,650 yen each for the first instalment."""
    made = await databases("collection", ROOT)
    async with made.units() as units:
        await apply(units, assessed(1, 58_050), assessed(2, 58_050))
    return made


async def test_what_a_file_states_is_what_became_of_its_receipts(database: TestDatabase) -> None:
    """C-04"""
    async with database.units() as units:
        found = await applied(units, a_file())

        assert (found.settled, found.overpaid, found.unidentified, found.repeated, found.already) == (15_300, 350, 100, 0, False)
        assert found.settled + found.overpaid + found.unidentified == a_file().stated_amount
        assert await balances(units) == {"cash": 15_750, "receivable": -15_300, "overpaid": -350, "unidentified": -100}
        assert await rows(units, "SELECT stated_count, stated_amount, settled FROM receipt_file") == [(3, 15_750, 15_300)]


WRONG = {
    "a line lost": HELD[1:],
    "a line too many": (*HELD, of_nobody(1, "2")),
    "an amount changed": (replace(HELD[0], amount=7_651), *HELD[1:]),
    "a line lost and another in its place": (replace(HELD[0], amount=7_000), *HELD[1:]),
    "a receipt of another municipality": (replace(HELD[0], municipality_code=HACHIOJI), *HELD[1:]),
}


async def test_of_a_file_that_does_not_hold_what_it_states_nothing_is_applied(database: TestDatabase) -> None:
    """Seen to fail without the two refusals of `apply`."""
    async with database.units() as units:
        for fault, given in WRONG.items():
            with pytest.raises(FileNotBalanced):
                await applied(units, a_file(), given)

            assert (await balances(units), await rows(units, "SELECT 1 FROM receipt")) == ({}, []), fault


async def test_the_same_file_again_changes_nothing(database: TestDatabase) -> None:
    async with database.units() as units:
        first = await applied(units, a_file())
        again = await applied(units, a_file())

        assert again == replace(first, already=True, taken=())
        assert (await balances(units))["cash"] == 15_750


async def test_the_same_file_at_once_from_two_hands_is_applied_once(database: TestDatabase) -> None:
    """Seen to fail without the lock on the file's SHA-256."""
    async with database.units() as units:
        found = await asyncio.gather(*(applied(units, a_file()) for _ in range(3)))

        assert sorted(one.already for one in found) == [False, True, True]
        assert (await balances(units))["cash"] == 15_750


async def test_a_file_made_anew_with_receipts_that_are_there_is_balanced_and_enters_the_others_alone(database: TestDatabase) -> None:
    """A preliminary report and then the definite one: the receipts have the same references."""
    more = (*HELD, paid(1, 7_200, 2))
    async with database.units() as units:
        await applied(units, a_file())
        await take(units, paid(2, 7_200, 2))
        found = await applied(units, a_file(more, b"2"), more)

        assert (found.settled, found.overpaid, found.unidentified, found.repeated) == (7_200, 0, 0, 15_750)
        assert await rows(units, "SELECT repeated_count FROM receipt_file ORDER BY stated_count") == [(0,), (3,)]


async def test_the_database_refuses_a_file_whose_receipts_are_not_what_it_states(database: TestDatabase) -> None:
    """Seen to fail without the trigger `files_are_applied_whole`."""
    connection = await asyncpg.connect(database.url)
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="states 2 receipts of 50 yen; 0 of 0 yen were applied"):
            await connection.execute(
                "INSERT INTO receipt_file VALUES (gen_random_uuid(), 'bank', '131016', '2026-07-10', repeat('a', 64), 2, 50, 50, 0, 0, "
                "0, 0, '2026-07-13')"
            )
    finally:
        await connection.close()


async def test_a_day_is_missing_until_its_balanced_file_was_applied(database: TestDatabase) -> None:
    async with database.units() as units:
        async with units.open() as uow:
            raw = await driver(uow.connection)
            for kind, day in (("bank", BUSINESS_DAY), ("bank", BUSINESS_DAY), ("convenience", DAY), ("bank", date(2026, 7, 14))):
                await receipt_files.expect(raw, kind, CHIYODA, day)
            await receipt_files.expect(raw, "bank", HACHIOJI, BUSINESS_DAY)
        assert await missing(units) == [Missing("bank", BUSINESS_DAY, None), Missing("convenience", DAY, None)]
        assert await missing(units, date(2026, 7, 9)) == []

        async with units.open() as uow:
            await receipt_files.refuse(await driver(uow.connection), a_file(), "2件15,750円のはずが、1件8,000円でした。", today=DAY)
        assert (await missing(units))[0] == Missing("bank", BUSINESS_DAY, "2件15,750円のはずが、1件8,000円でした。")

        await applied(units, a_file())
        assert await missing(units) == [Missing("convenience", DAY, None)]


async def test_a_file_that_nobody_expected_and_that_was_refused_is_missing_too(database: TestDatabase) -> None:
    async with database.units() as units:
        async with units.open() as uow:
            await receipt_files.refuse(await driver(uow.connection), a_file(), "合計が違います。", today=DAY)
        assert await missing(units) == [Missing("bank", BUSINESS_DAY, "合計が違います。")]
