"""徴収方法の決定: everybody gets a decision and a reason, and is charged as decided."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis import jobs
from chassis.clock import derived_id
from chassis.database import driver
from chassis.problems import Problem
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from collection_service.jobs.decide_methods import DecideMethods
from collection_service.rules.collection_method import Reason
from collection_service.rules.pensions import PensionKind
from collection_service.store import methods
from collection_service.store.methods import CarePremium, Pension
from contracts.envelope import decode

from services.collection.tests.people import CHIYODA, ROOT, apply, assessed, instalments, insured, rows

JANUARY, JULY = date(2026, 1, 10), date(2026, 7, 13)
HOLDS = """
SELECT a.resident_number, m.month, m.method, m.reason, m.premium_payment, m.stops FROM collection_method m
JOIN (SELECT DISTINCT insured_id, resident_number FROM assessment) AS a USING (insured_id)
WHERE m.fiscal_year = {year} AND m.month = {month} ORDER BY 1
"""


async def known(
    units: Units,
    number: int,
    *,
    year_amount: int = 600_000,
    care: int | None = 20_000,
    captured_on: date = date(2026, 4, 1),
    **changes: Any,
) -> None:
    """A pension of person `number`, and what the care insurer says; no `care`: it has said that an amount will come."""
    insured_id = derived_id("insured", number)
    usual: dict[str, Any] = {
        "insured_id": insured_id, "basic_pension_number": f"{number:010}", "pension_code": "1150", "collector_code": "000",
        "kind": PensionKind.OLD_AGE_BASIC, "year_amount": year_amount, "payment_amount": year_amount // 6, "is_paid": True,
        "bears_care": True, "captured_on": captured_on, "municipality_code": CHIYODA,
    }  # fmt: skip
    async with units.open() as uow:
        raw = await driver(uow.connection)
        await methods.keep_pensions(raw, [Pension(**(usual | changes))])
        await methods.keep_care_premiums(raw, [CarePremium(insured_id, CHIYODA, True, True, care, captured_on)])


async def run(units: Units, year: int, month: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Prepare, approve and execute: the preview and the outcome."""
    job = DecideMethods()
    run_id = await jobs.prepare(job, {"fiscal_year": str(year), "month": str(month)}, units, by="tester")
    async with units.open() as uow:
        (found,) = await jobs.runs(uow, run_id=run_id)
    await jobs.approve(run_id, units, by="tester")
    return found["preview"], await jobs.execute(job, run_id, units)


async def held(units: Units, month: int, year: int = 2026) -> dict[str, tuple[str, Reason, int, bool]]:
    """Person → method, reason, yen and whether it stops, of a payment."""
    found = await rows(units, HOLDS.format(year=year, month=month))
    return {row[0]: (row[2], Reason(row[3]), row[4], row[5]) for row in found}


async def said(units: Units, event_type: str) -> list[dict[str, Any]]:
    items = [item for (body,) in await rows(units, "SELECT body FROM outbox ORDER BY id") for item in decode(bytes(body))]
    return [item for item in items if item["type"] == event_type]


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """FY2025 charged to five people; all but the fifth have a pension that bears a care premium."""
    made = await databases("collection", ROOT)
    async with made.units(today=date(2025, 7, 14)) as units:
        for number in range(1, 6):
            await apply(units, insured(number), assessed(number, 61_000, fiscal_year=2025, effective_on=date(2025, 4, 1)))
        await known(units, 1, captured_on=date(2025, 4, 1))
        await known(units, 2, captured_on=date(2025, 4, 1), care=40_000)
        await known(units, 3, captured_on=date(2025, 4, 1), care=None)
        await known(units, 4, captured_on=date(2025, 4, 1), year_amount=179_999)
    return made


async def test_every_candidate_gets_a_decision_and_a_reason_and_is_charged_accordingly(database: TestDatabase, tmp_path: Path) -> None:
    """C-12, C-13, I-26: candidates = special + ordinary + awaited, and what is decided is what is charged."""
    async with database.units(today=date(2025, 7, 14), store=tmp_path) as units:
        preview, outcome = await run(units, 2025, 10)

        assert outcome["differences"] == {}
        totals = outcome["totals"]
        assert (totals["candidates"], totals["special"], totals["ordinary"], totals["awaited"]) == (5, 1, 3, 1)
        assert preview["methods"] == {"ordinary": 3, "special": 1, "awaited": 1}
        assert sum(preview["reasons"].values()) == sum(preview["changes"].values()) == 5
        assert preview["awaited"] == {"60日を超える": 1}
        found = await held(units, 10, 2025)
        assert {number: (row[0], row[1]) for number, row in found.items()} == {
            "1": ("special", Reason.STARTED), "2": ("ordinary", Reason.OVER_HALF), "3": ("awaited", Reason.CARE_AMOUNT_AWAITED),
            "4": ("ordinary", Reason.PENSION_TOO_LOW), "5": ("ordinary", Reason.NO_PENSION),
        }  # fmt: skip
        assert await instalments(units, 1) == {1: 7_800, 2: 7_600, 3: 7_600, 104: 12_800, 105: 12_600, 106: 12_600}
        for number in range(1, 6):
            assert sum((await instalments(units, number)).values()) == 61_000


async def test_a_second_run_writes_nothing_that_is_not_new(database: TestDatabase, tmp_path: Path) -> None:
    async with database.units(today=date(2025, 7, 14), store=tmp_path) as units:
        await run(units, 2025, 10)
        preview, outcome = await run(units, 2025, 10)
        assert preview["changes"] == {}
        assert (outcome["totals"]["decisions"], outcome["totals"]["charged"], outcome["totals"]["said"]) == (0, 0, 0)


async def test_a_whole_year_goes_from_october_over_the_provisional_payments_to_the_next(database: TestDatabase, tmp_path: Path) -> None:
    """C-17: begins in October, goes on in April as in February, and the year that is assessed in July takes the place of the payments."""
    async with database.units(today=date(2025, 7, 14), store=tmp_path) as units:
        await run(units, 2025, 10)
        february = (await instalments(units))[106]
    async with database.units(today=JANUARY, store=tmp_path) as units:
        _, outcome = await run(units, 2026, 4)
        assert outcome["differences"] == {}
        assert (await held(units, 4))["1"] == ("special", Reason.CONTINUED, february, False)
        assert (await held(units, 8))["1"] == ("special", Reason.CONTINUED, february, False)
        of_2026 = "SELECT sequence, annual_amount FROM assessment WHERE fiscal_year = 2026"
        assert await rows(units, of_2026) == [(0, 3 * february)], "a year of which only the payments are known, of who has any"
    async with database.units(today=JULY, store=tmp_path) as units:
        await apply(units, assessed(1, 62_000), assessed(5, 62_000))
        assert await rows(units, f"{of_2026} ORDER BY 1, 2") == [(1, 62_000), (1, 62_000)]
        _, outcome = await run(units, 2026, 10)
        assert outcome["differences"] == {}
        amounts = await rows(units, YEAR_OF_ONE)
        assert [row[0] for row in amounts] == [101, 102, 103, 104, 105, 106]
        assert sum(row[1] for row in amounts) == 62_000


YEAR_OF_ONE = f"""
SELECT number, sum(amount)::bigint FROM charge_entry WHERE fiscal_year = 2026 AND insured_id = '{derived_id("insured", 1)}'
GROUP BY 1 HAVING sum(amount) > 0 ORDER BY 1
"""


async def test_premium_is_told_where_the_first_due_day_is_another_than_the_usual(database: TestDatabase, tmp_path: Path) -> None:
    """P-15, I-16: from the pension since April, due on 10 May (here a Sunday); from October on, or ordinary, as usual and not said."""
    async with database.units(today=date(2025, 7, 14), store=tmp_path) as units:
        await run(units, 2025, 10)
        assert await said(units, "collection.collection_method_decided.v1") == []
    async with database.units(today=JANUARY, store=tmp_path) as units:
        await run(units, 2026, 4)
        (event,) = await said(units, "collection.collection_method_decided.v1")
        data = event["data"]
        assert (data["insured_id"], data["fiscal_year"]) == (str(derived_id("insured", 1)), 2026)
        assert (data["method"], data["first_due_on"], event["sequence"]) == ("special", "2026-05-11", 1)
        await known(units, 1, is_paid=False, captured_on=date(2026, 1, 5))
        await run(units, 2026, 4)
        _, taken_back = await said(units, "collection.collection_method_decided.v1")
        assert (taken_back["data"]["method"], taken_back["data"]["first_due_on"], taken_back["sequence"]) == ("ordinary", "2026-07-31", 2)


async def test_who_was_decided_on_since_the_plan_is_left_to_the_next_run(database: TestDatabase, tmp_path: Path) -> None:
    async with database.units(today=date(2025, 7, 14), store=tmp_path) as units:
        run_id = await jobs.prepare(DecideMethods(), {"fiscal_year": "2025", "month": "10"}, units, by="tester")
        await apply(units, assessed(1, 70_000, sequence=2, fiscal_year=2025, effective_on=date(2025, 4, 1)))
        await jobs.approve(run_id, units, by="tester")
        outcome = await jobs.execute(DecideMethods(), run_id, units)
        assert outcome["differences"] == {}
        assert (outcome["totals"]["overtaken"], outcome["totals"]["special"]) == (1, 0)
        assert "1" not in await held(units, 10, 2025)


@pytest.mark.parametrize(("year", "month", "today"), [("2025", "11", JULY), ("25", "10", JULY), ("2025", "10", date(2025, 8, 1))])
async def test_a_payment_that_is_none_or_can_no_longer_be_requested_is_refused(
    database: TestDatabase, year: str, month: str, today: date, tmp_path: Path
) -> None:
    async with database.units(today=today, store=tmp_path) as units:
        with pytest.raises(Problem, match="支給月"):
            await jobs.prepare(DecideMethods(), {"fiscal_year": year, "month": month}, units, by="tester")


async def test_a_death_stops_the_payments_that_can_still_be_stopped_at_once(database: TestDatabase, tmp_path: Path) -> None:
    """I-04, C-17: the notice to the payer follows from the decision; of a year that is not assessed nothing else is charged either."""
    async with database.units(today=date(2025, 7, 14), store=tmp_path) as units:
        await run(units, 2025, 10)
    async with database.units(today=JANUARY, store=tmp_path) as units:
        await run(units, 2026, 4)
    async with database.units(today=date(2026, 5, 10), store=tmp_path) as units:
        await apply(units, insured(1, sequence=2, lost_on=date(2026, 5, 4)))
        taken = (await held(units, 4))["1"][2]
        assert (await held(units, 6))["1"] == ("special", Reason.CONTINUED, taken, False), "June cannot be stopped any more in May"
        assert (await held(units, 8))["1"] == ("ordinary", Reason.NOT_INSURED, taken, True)
        assert await rows(units, YEAR_OF_ONE) == [(101, taken), (102, taken)]
        last = (await said(units, "collection.instalments_set.v1"))[-1]["data"]
        assert [(part["number"], part["method"]) for part in last["instalments"]] == [(101, "special"), (102, "special")]


async def test_a_premium_lowered_after_the_request_stops_what_was_requested_and_says_why(database: TestDatabase, tmp_path: Path) -> None:
    """I-01, I-03: the decision of December and February is replaced, and the one that was sent is kept."""
    async with database.units(today=date(2025, 7, 14), store=tmp_path) as units:
        await run(units, 2025, 10)
    async with database.units(today=date(2025, 10, 20), store=tmp_path) as units:
        await apply(units, assessed(1, 55_000, sequence=2, fiscal_year=2025, effective_on=date(2025, 4, 1)))
        assert (await held(units, 10, 2025))["1"][0] == "special"
        for month in (12, 2):
            assert (await held(units, month, 2025))["1"] == ("ordinary", Reason.AMOUNT_LOWERED, 12_600, True)
        now = await instalments(units)
        assert {number: amount for number, amount in now.items() if number > 100} == {104: 12_800}
        assert sum(now.values()) == 55_000
        before = await rows(units, "SELECT month, method, sequence FROM collection_method_replaced ORDER BY 1")
        assert before == [(2, "special", 1), (12, "special", 1)]
