"""Incomes that are not known: states, never zero; inquiries that end once; what the window declares; gaps that are found."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis.database import driver
from chassis.law import FiscalYear
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.events.municipal import IncomeDetermined, IncomesBatchSealed, IncomeStatus, ResidentChanged
from premium_service.rules.income_gaps import Gap
from premium_service.store import declarations, income_files, income_gaps, inquiries

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, decisions, income, insured, resident, seal_and_load

YEAR = FiscalYear(2026)
MOVED = date(2026, 5, 20)
INQUIRING, UNDECLARED = IncomeStatus.INQUIRING, IncomeStatus.UNDECLARED


def mover(number: str, *, born: date = OLD, **changes: Any) -> ResidentChanged:
    return resident(number, born=born, **{"resident_since": MOVED, "changed_on": MOVED, **changes})


async def value(units: Units, query: str, *arguments: object) -> Any:
    async with units.open() as uow:
        return await (await driver(uow.connection)).fetchval(query, *arguments)


async def gaps(units: Units) -> dict[str, str]:
    async with units.open() as uow:
        rows = await (await driver(uow.connection)).fetch(
            "SELECT resident_number, gap FROM income_gap g JOIN resident r ON r.number = g.resident WHERE closed_on IS NULL ORDER BY 1"
        )
    return {row[0]: Gap(row[1]).name for row in rows}


async def check(units: Units) -> None:
    async with units.open() as uow:
        await income_gaps.follow(await driver(uow.connection), YEAR, "131016", today=uow.today)


async def reconciled(units: Units) -> dict[str, Any]:
    async with units.open() as uow:
        (found,) = await inquiries.reconciled(uow, 2025, patience=14)
    return found


async def inquire(units: Units, number: str = "1") -> None:
    async with units.open() as uow:
        numbered = await (await driver(uow.connection)).fetchval("SELECT number FROM resident WHERE resident_number = $1", number)
        assert await inquiries.ask(uow, numbered, "131016", 2025, by="職員")


async def test_an_answer_moves_the_income_from_inquiring_to_determined_and_is_counted_once(databases: Databases) -> None:
    """I-18, T-09: inquiries = applied answers. Seen to fail without the call of `inquiries.follow` in `apply_incomes`."""
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, mover("1"), insured("1", born=OLD, acquired=MOVED))
        await apply(units, income("1", status=INQUIRING))
        assert (await gaps(units), await decisions(units)) == ({"1": "INQUIRING"}, [])
        before = await reconciled(units)

        await apply(units, income("1", pension=900_000, sequence=2))
        await apply(units, income("1", pension=900_000, sequence=3))

        after = await reconciled(units)
        assert await gaps(units) == {}
        assert len(await decisions(units)) == 1
    assert (before["inquiries"], before["waiting"], before["answered"]) == (1, 1, 0)
    assert (after["inquiries"], after["waiting"], after["answered"], after["applied"], after["agrees"]) == (1, 0, 1, 1, True)


@pytest.mark.parametrize("answer_first", [True, False])
async def test_the_order_of_imports_does_not_decide_what_is_believed_of_a_mover(
    databases: Databases, tmp_path: Path, answer_first: bool
) -> None:
    """I-18: a file with the older 未申告 is loaded after the answer, or before it. Seen to fail without the WHERE of the upsert."""
    answer = income("1", pension=900_000, sequence=3)
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await apply(units, mover("1"), insured("1", born=OLD, acquired=MOVED), income("1", status=INQUIRING, sequence=1))
        if answer_first:
            await apply(units, income("1", status=INQUIRING, sequence=2))
            await apply(units, answer)
        await _load(units, [income("1", status=UNDECLARED, sequence=2)])
        if not answer_first:
            await apply(units, answer)

        assert await value(units, "SELECT income_status FROM income") == 1
        assert [row[0] for row in await decisions(units)] == ["1"]


async def test_a_municipality_that_cannot_know_does_not_answer_the_inquiry_of_the_window(databases: Databases) -> None:
    """I-18: 未申告 of a mover was read as an answer. Seen to fail without _NO_ANSWER of the upsert."""
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, mover("1"), insured("1", born=OLD, acquired=MOVED))
        await inquire(units)

        await apply(units, income("1", status=UNDECLARED))
        unanswered = (await gaps(units), await decisions(units), (await reconciled(units))["waiting"])
        await apply(units, income("1", pension=900_000, sequence=2))

        assert unanswered == ({"1": "INQUIRING"}, [], 1)
        assert ((await reconciled(units))["answered"], len(await decisions(units))) == (1, 1)


async def test_an_answer_that_lies_unapplied_is_a_difference(databases: Databases) -> None:
    """I-19: the inquiry is open although the income is known. Such a row is made by hand here; no way of the service leaves one."""
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, mover("1"), insured("1", born=OLD, acquired=MOVED), income("1", status=INQUIRING))
        assert (await reconciled(units))["agrees"]

        await value(units, "UPDATE income SET income_status = 1")

        found = await reconciled(units)
    assert (found["unapplied"], found["agrees"]) == (1, False)


async def test_each_state_is_kept_apart_and_members_under_75_are_looked_at(databases: Databases) -> None:
    """T-06, W-09, I-21: 未申告, 照会中, 他市課税 and a record that never came; household 9 has nobody insured and is left out."""
    young = date(1960, 1, 1)
    people = [
        resident("1", born=OLD), resident("2", born=young, head=False), mover("3", born=young, head=False),
        resident("4", born=young, head=False), resident("5", born=OLD, household="2"), resident("6", born=young, household="9"),
    ]  # fmt: skip
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, *people, insured("1", born=OLD, acquired=SINCE), insured("5", born=OLD, acquired=SINCE))
        await apply(units, income("1", pension=900_000), income("2", status=UNDECLARED), income("4", status=INQUIRING))
        await check(units)

        assert await gaps(units) == {"2": "UNDECLARED", "3": "OTHER_MUNICIPALITY", "4": "INQUIRING", "5": "MISSING"}


async def test_a_declaration_at_the_window_counts_until_the_municipality_determines_the_income(databases: Databases) -> None:
    """P-08: 未申告 sent once more does not undo it, and the history of the municipality goes on."""
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), insured("1", born=OLD, acquired=SINCE), income("1", status=UNDECLARED))
        undeclared = (await decisions(units))[-1]
        await _declare(units, {"public_pension_receipts": 1_000_000})
        stands = []
        for later in (income("1", status=UNDECLARED, sequence=2), income("1", pension=3_500_000, sequence=3)):
            await apply(units, later)
            stands.append(await value(units, "SELECT public_pension_receipts FROM income WHERE is_declaration"))
        last = (await decisions(units))[-1]

    assert undeclared[6] == 0, "no reduction while nothing is declared"
    assert stands == [1_000_000, None]
    assert last[2] == 249_100, "the determined income counts"


async def test_a_determined_income_is_not_declared_over(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), insured("1", born=OLD, acquired=SINCE), income("1", pension=3_500_000))
        assert await _declare(units, {"public_pension_receipts": 0}) is None
        assert await value(units, "SELECT public_pension_receipts FROM income") == 3_500_000


async def test_the_yen_of_a_file_are_what_was_written_and_what_was_not_by_kind(databases: Databases, tmp_path: Path) -> None:
    """I-13, P-09: a row that came again, one without an income, one older than what is known. Seen to fail when a kind is not written."""
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await apply(units, income("3", pension=5))
        await value(units, "UPDATE income SET sequence = 9")
        rows = [
            income("1", pension=1_000), income("1", pension=2_000, sequence=2), income("2", status=UNDECLARED),
            income("3", pension=400, sequence=8), income("4", pension=30),
        ]  # fmt: skip
        await _load(units, rows, rejected=2, parked=1)
        async with units.open() as uow:
            (file,) = await income_files.listing(uow)
        await value(units, "UPDATE income_file SET written_totals = written_totals || '{\"public_pension_receipts\": 1}'")
        async with units.open() as uow:
            (wrong,) = await income_files.listing(uow)

    pension = next(kind for kind in file["kinds"] if kind["kind"] == "public_pension_receipts")
    assert (pension["sealed"], pension["written"], pension["unwritten"]) == (3_430, 2_030, 1_400)
    assert (file["sent"], file["sealed"], file["written"], file["overtaken"], file["differences"]) == (8, 5, 3, 2, [])
    assert wrong["differences"] == ["public_pension_receipts"]


async def _declare(units: Units, amounts: dict[str, int]) -> Any:
    async with units.open() as uow:
        number = await (await driver(uow.connection)).fetchval("SELECT number FROM resident WHERE resident_number = '1'")
        return await declarations.take(
            uow, number, "131016", 2025, amounts, declared_on=uow.today, declarant="架空 花子", relationship="本人",
            evidence=["pension_slip"], remark="", by="職員",
        )  # fmt: skip


async def _load(units: Units, rows: list[IncomeDetermined], *, rejected: int = 0, parked: int = 0) -> None:
    counted = {"sent": len(rows) + rejected + parked, "rejected": rejected, "parked": parked}
    totals = (*income_files.KINDS,)
    await seal_and_load(units, "incomes", rows, IncomesBatchSealed, totals=totals, municipality_code="131016", generation=1, **counted)
