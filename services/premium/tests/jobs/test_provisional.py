"""仮算定: the months before July from the income before last; unfinished incomes flagged; replaced by the yearly assessment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from chassis.law import NEVER, FiscalYear, day_number
from chassis.testing import Databases
from contracts.events.municipal import IncomeStatus
from hypothesis import given
from hypothesis import strategies as st
from premium_service.jobs.assess import Assess
from premium_service.jobs.assess_provisionally import AssessProvisionally
from premium_service.rules.provisional import LAST_YEAR, ProvisionalRule, provisional_months

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, income, insured, resident, rows, run
from services.premium.tests.windows import UNION, window

APRIL = date(2026, 4, 10)
RULE = ProvisionalRule(3, LAST_YEAR, 100)


async def test_the_months_before_july_are_charged_from_the_income_before_last(databases: Databases, tmp_path: Path) -> None:
    """P-02, P-03. Base 2,350,000 - 430,000 = 1,920,000 of 2024, rates of FY2025: 47,300 + 9.67 % = 232,900; 3/12 of it 58,225."""
    born = date(1951, 5, 20)
    database = await databases("premium", ROOT)
    async with database.units(today=APRIL, store=tmp_path / "objects") as units:
        for number in ("1", "2", "3", "4"):
            await apply(units, resident(number, household=number, born=OLD if number != "4" else born))
            await apply(units, insured(number, born=OLD if number != "4" else born, acquired=SINCE if number != "4" else date(2026, 5, 20)))
        known = [income(number, pension=3_500_000, year=2024) for number in ("1", "4")]
        await apply(
            units, *known, income("2", year=2024, status=IncomeStatus.INQUIRING), income("3", year=2024, status=IncomeStatus.UNDECLARED)
        )
        outcome = await run(units, AssessProvisionally(), fiscal_year="2026")
        async with window(database, UNION, tmp_path, today=APRIL) as client:
            query = {"municipality": "*", "fiscal_year": "2026"}
            shown = (await client.get("/ledgers/provisional", params=query)).raise_for_status().json()

        lines = {line["resident_number"]: line for line in shown["rows"]}
        assert {number: (line["year_amount"], line["months"], line["amount"]) for number, line in lines.items()} == {
            "1": (232_900, 3, 58_200), "2": (0, 3, 0), "3": (47_300, 3, 11_800), "4": (232_900, 2, 38_800),
        }  # fmt: skip
        assert [lines[number]["standing"] for number in "123"] == ["", "所得未確定（照会中）", "世帯に未申告の方"]
        assert lines["1"]["income_year_name"] == "令和6年分"
        assert shown["yen"] == outcome["totals"]["yen"] == 58_200 + 11_800 + 38_800
        assert (outcome["preview"]["pending"], outcome["preview"]["new"], outcome["preview"]["yen"]) == (1, 4, shown["yen"])
        assert outcome["differences"] == {}
        assert {line["replaced"] for line in shown["rows"]} == {""}


async def test_a_later_run_shows_its_difference_and_replaces_the_lines_and_the_yearly_run_replaces_both(
    databases: Databases, tmp_path: Path
) -> None:
    database = await databases("premium", ROOT)
    async with database.units(today=APRIL, store=tmp_path / "objects") as units:
        for number in ("1", "2"):
            await apply(units, resident(number, household=number, born=OLD), insured(number, born=OLD, acquired=SINCE))
            await apply(units, income(number, pension=3_500_000, year=2024))
        first = await run(units, AssessProvisionally())
        await apply(units, income("1", pension=3_000_000, sequence=2, year=2024))
        second = await run(units, AssessProvisionally())
        assert (second["preview"]["new"], second["preview"]["changed"], second["preview"]["gone"]) == (0, 1, 0)
        assert second["preview"]["changed_yen"] == second["totals"]["yen"] - first["totals"]["yen"] < 0
        assert await rows(units, "SELECT run_id::text FROM provisional_year") == [(str(second["run_id"]),)]
        assert await rows(units, "SELECT count(*) FROM assessment") == [(0,)], "nothing is decided for the year"

    async with database.units(store=tmp_path / "objects") as units:
        await apply(units, income("1", pension=3_000_000), income("2", pension=3_500_000))
        await run(units, Assess(), scope="all")
    async with window(database, UNION, tmp_path) as client:
        shown = (await client.get("/ledgers/provisional", params={"municipality": "*", "fiscal_year": "2026"})).raise_for_status().json()
    assert {line["replaced"] for line in shown["rows"]} == {"2026-07-13 決定"}


@given(st.dates(date(2025, 1, 1), date(2027, 3, 31)), st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2027, 12, 31))))
def test_provisional_months_are_counted_month_by_month(acquired: date, lost: date | None) -> None:
    """April, May and June one by one: a month counts when the person is insured at its end."""
    months = [(date(2026, 4, 1), date(2026, 5, 1)), (date(2026, 5, 1), date(2026, 6, 1)), (date(2026, 6, 1), date(2026, 7, 1))]
    expected = sum(acquired < end and (lost is None or lost >= end) for _, end in months)
    found = provisional_months(
        acquired_on=np.array([day_number(acquired)], np.int32),
        lost_on=np.array([NEVER if lost is None else day_number(lost)], np.int32),
        is_assessed=np.ones(1, np.bool_),
        rule=RULE,
        fiscal_year=FiscalYear(2026),
    )
    assert int(found[0]) == expected
