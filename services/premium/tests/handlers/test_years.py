"""Facts that reach back into an earlier fiscal year: that year is decided again, under its own law and from its own facts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from contracts.events.eligibility import InsuredChanged, InsuredLost, LossReason
from premium_service.jobs.assess import Assess

from services.premium.tests.facts import (
    OLD,
    ROOT,
    SINCE,
    apply,
    dependant,
    income,
    insured,
    load,
    outbox,
    premiums,
    qualification,
    resident,
    rows,
    run,
)

LAST_YEAR, THIS_YEAR = date(2025, 7, 14), date(2026, 7, 13)


@asynccontextmanager
async def decided_in_both_years(databases: Databases, *, store: Path | None = None) -> AsyncIterator[tuple[TestDatabase, Units]]:
    """One person, decided for FY2025 in 2025 and for FY2026 in 2026; the business day is in 2026."""
    database = await databases("premium", ROOT)
    async with database.units(today=LAST_YEAR, store=store) as units:
        await apply(units, resident("1", born=OLD), income("1", pension=3_500_000, year=2024), insured("1", born=OLD, acquired=SINCE))
    async with database.units(today=THIS_YEAR, store=store) as units:
        await apply(units, income("1", pension=3_500_000))
        yield database, units


async def test_each_fiscal_year_is_decided_under_its_own_law(databases: Databases) -> None:
    """P-06. Base 2,350,000 - 430,000 = 1,920,000: FY2025 47,300 + 9.67 %, FY2026 53,300 + 9.88 % and the child support part."""
    async with decided_in_both_years(databases) as (_, units):
        assert await premiums(units) == [("1", 2025, 1, 232_900, 12), ("1", 2026, 1, 249_100, 12)]


async def test_a_late_income_of_last_year_decides_last_year_again_and_leaves_this_year(databases: Databases) -> None:
    async with decided_in_both_years(databases) as (_, units):
        await apply(units, income("1", pension=3_000_000, sequence=2, year=2024))

        # 3,000,000 - 1,100,000 = 1,900,000; less 430,000 = 1,470,000 x 9.67 % = 142,149; and 47,300: 189,449.
        assert await premiums(units) == [("1", 2025, 1, 232_900, 12), ("1", 2025, 2, 189_400, 12), ("1", 2026, 1, 249_100, 12)]
        assert await rows(units, "SELECT fiscal_year FROM household_revised ORDER BY revised_at DESC LIMIT 1") == [(2025,)]
        assert (await outbox(units)).count("premium.assessed.v1") == 3


async def test_a_loss_in_last_year_that_is_known_now_takes_the_months_back_in_both_years(databases: Databases) -> None:
    """E-05. Without the fiscal years before the business day's in `reassess`, last year stayed at twelve months."""
    async with decided_in_both_years(databases) as (_, units):
        lost = {"lost_on": date(2025, 12, 10), "loss_reason": LossReason.DEATH}
        await apply(units, InsuredLost(effective_on=THIS_YEAR, sequence=2, **qualification("1", OLD, SINCE), **lost))

        # 47,300 + 1,920,000 x 9.67 % = 232,964; 8/12 of it: 155,309.
        latest = {row[1]: row[2:] for row in await premiums(units)}
        assert latest == {2025: (2, 155_300, 8), 2026: (2, 0, 0)}


async def test_an_acquisition_that_began_in_last_year_is_charged_for_its_months(databases: Databases) -> None:
    async with decided_in_both_years(databases) as (_, units):
        born, acquired = date(1951, 1, 20), date(2026, 1, 20)
        await apply(
            units, resident("2", household="2", born=born), income("2", pension=1_500_000, year=2024), income("2", pension=1_500_000)
        )
        await apply(units, insured("2", born=born, acquired=acquired))

        assert [row[1:3] + row[4:] for row in await premiums(units) if row[0] == "2"] == [(2025, 1, 3), (2026, 1, 12)]


async def test_a_former_dependant_known_too_late_is_reduced_in_the_year_of_joining_too(databases: Databases) -> None:
    """P-12: two years from joining, whichever fiscal years they lie in."""
    async with decided_in_both_years(databases) as (_, units):
        born, acquired = date(1951, 1, 20), date(2026, 1, 20)
        await apply(
            units, resident("2", household="2", born=born), income("2", pension=3_500_000, year=2024), income("2", pension=3_500_000)
        )
        await apply(units, insured("2", born=born, acquired=acquired))
        await apply(units, dependant("2", True, joined=acquired))

        # 47,300 / 2 = 23,650 x 3/12 = 5,912; 53,300 / 2 + 1,300 / 2.
        assert [row[1:4] for row in await premiums(units) if row[0] == "2" and row[2] == 2] == [(2025, 2, 5_900), (2026, 2, 27_200)]


async def test_a_household_corrected_from_a_day_of_last_year_is_judged_again_in_both_years(databases: Databases) -> None:
    """A spouse who had left before 1 April 2025: the couple was judged as two, and is judged as one."""
    database = await databases("premium", ROOT)
    couple = [resident("1", born=OLD), resident("2", born=OLD, head=False)]
    async with database.units(today=LAST_YEAR) as units:
        await apply(units, *couple, income("1", pension=2_000_000, year=2024), income("2", pension=700_000, year=2024))
        await apply(units, insured("1", born=OLD, acquired=SINCE), insured("2", born=OLD, acquired=SINCE))
    async with database.units(today=THIS_YEAR) as units:
        await apply(units, income("1", pension=2_000_000), income("2", pension=700_000))
        before = {row[:2]: row[3] for row in await premiums(units)}
        apart = resident("2", household="9", born=OLD, sequence=2, changed_on=date(2025, 3, 20))
        await apply(units, apart)

        after = {row[:2]: row[3] for row in await premiums(units)}
        assert all(after["1", year] > before["1", year] for year in (2025, 2026)), "alone, the limit of the reduction is lower"
        assert all(after["2", year] < before["2", year] for year in (2025, 2026)), "alone, her income is below the first limit"


async def test_a_year_before_this_installation_began_is_decided_by_no_fact_until_a_run_has_opened_it(
    databases: Databases, tmp_path: Path
) -> None:
    facts = [resident("1", born=OLD), income("1", pension=1_500_000, year=2024), income("1", pension=1_500_000)]
    async with (await databases("premium", ROOT)).units(today=THIS_YEAR, store=tmp_path) as units:
        await apply(units, *facts, insured("1", born=OLD, acquired=SINCE))
        assert [row[1] for row in await premiums(units)] == [2026]

        outcome = await run(units, Assess(), scope="all", fiscal_year="2025")
        assert (outcome["differences"], outcome["totals"]["decided"]) == ({}, 1)
        await apply(units, income("1", pension=3_500_000, sequence=2, year=2024))

        assert [row[1:3] for row in await premiums(units)] == [(2025, 1), (2025, 2), (2026, 1)]


async def test_a_file_that_reaches_back_is_decided_by_one_run_in_every_year_it_changes(databases: Databases, tmp_path: Path) -> None:
    """The same as single events give, and each chunk of the run is of one fiscal year."""
    async with decided_in_both_years(databases, store=tmp_path) as (_, units):
        late = [income("1", pension=3_000_000, sequence=2, year=2024), income("1", pension=3_000_000, sequence=2)]
        await load(units, [resident("1", born=OLD, sequence=2)], late, [insured("1", born=OLD, acquired=SINCE, sequence=2)])
        outcome = await run(units, Assess(), scope="due")

        assert outcome["differences"] == {}
        assert [year["fiscal_year"] for year in [*outcome["preview"]["earlier_years"], outcome["preview"]]] == [2025, 2026]
        # FY2026: 53,300 + 1,470,000 x 9.88 % = 198,536; 1,300 + 1,470,000 x 0.26 % = 5,122.
        latest = {row[1]: row[2:4] for row in await premiums(units)}
        assert latest == {2025: (2, 189_400), 2026: (2, 203_600)}
        chunks = "SELECT number, first_key, last_key FROM job_chunk ORDER BY number"
        assert await rows(units, chunks) == [(1, "1", "1"), (2, "2", "2")]
        assert await rows(units, "SELECT count(*) FROM household_due") == [(0,)]


async def test_a_run_for_an_earlier_year_leaves_what_is_due_for_this_year(databases: Databases, tmp_path: Path) -> None:
    """With `since` alone deciding what is no longer due, the household was never decided for FY2026."""
    async with decided_in_both_years(databases, store=tmp_path) as (_, units):
        changed = [income("1", pension=3_000_000, sequence=2)]
        await load(units, [resident("1", born=OLD, sequence=2)], changed, [insured("1", born=OLD, acquired=SINCE, sequence=2)])
        await run(units, Assess(), scope="all", fiscal_year="2025")
        assert await rows(units, "SELECT count(*) FROM household_due") == [(1,)]
        await run(units, Assess(), scope="all")
        assert await rows(units, "SELECT count(*) FROM household_due") == [(0,)]
        assert [row[2:4] for row in await premiums(units) if row[1] == 2026][-1] == (2, 203_600)


@pytest.mark.parametrize("first", ["event", "run"])
async def test_a_run_keeps_its_hands_off_a_household_only_in_the_year_that_an_event_has_decided(
    databases: Databases, tmp_path: Path, first: str
) -> None:
    """An event about this year must not make a run leave last year out. With one mark a household instead of one a year, it did."""
    from chassis import jobs

    async with decided_in_both_years(databases, store=tmp_path) as (_, units):
        await load(units, [resident("1", born=OLD, sequence=2)], [income("1", pension=3_000_000, sequence=2, year=2024)], [
            insured("1", born=OLD, acquired=SINCE, sequence=2)
        ])  # fmt: skip
        run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
        if first == "event":
            await apply(units, income("1", pension=3_200_000, sequence=2))
        await jobs.approve(run_id, units, by="approver")
        outcome = await jobs.execute(Assess(), run_id, units)

        assert outcome["differences"] == {}
        assert outcome["totals"]["revised_since"] == (1 if first == "event" else 0)
        assert {row[1]: row[2] for row in await premiums(units)}[2025] == 2


_MONTHS = """
SELECT sum(medical_yen_months)::bigint, sum(months)::bigint FROM assessment a
WHERE fiscal_year = 2026 AND revision = (SELECT max(revision) FROM assessment b
    WHERE (b.insured_id, b.fiscal_year) = (a.insured_id, a.fiscal_year))
"""


@pytest.mark.parametrize("day", [date(2026, 4, 1), date(2026, 4, 30), date(2026, 10, 1), date(2027, 2, 28), date(2027, 3, 31)])
async def test_the_sum_of_the_months_is_the_year(databases: Databases, day: date) -> None:
    """P-06: one life handed over within the union on any day is charged twelve months together, and yen times months of the whole year."""
    async with decided_in_both_years(databases) as (_, units):
        ((whole, twelve),) = await rows(units, _MONTHS)
        first = insured("1", born=OLD, acquired=SINCE)
        await apply(units, resident("2", household="2", born=OLD), income("2", pension=3_500_000))
        await apply(units, InsuredChanged(**{**first.model_dump(), "lost_on": day, "sequence": 2}), insured("2", born=OLD, acquired=day))

        assert await rows(units, _MONTHS) == [(whole, twelve)]
        assert twelve == 12
