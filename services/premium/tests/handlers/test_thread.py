"""From residents, incomes and insured to decisions, on a real database: single events, packs and sealed batches give the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from chassis import jobs
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.events.eligibility import (
    InsuredChanged,
)
from contracts.events.municipal import (
    IncomeStatus,
)
from premium_service.jobs.assess import Assess
from sqlalchemy import text

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, decisions, income, insured, load, load_insured, lost, outbox, resident


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_a_premium_is_decided_when_the_last_fact_has_come_in_whatever_order(databases: Databases, order: Sequence[int]) -> None:
    facts = [resident("1", born=OLD), income("1", pension=3_500_000), insured("1", born=OLD, acquired=SINCE)]
    async with (await databases("premium", ROOT)).units() as units:
        for index in order:
            await apply(units, facts[index])

        # A pension of 3.5 million: 3,500,000 x 75 % - 275,000 = 2,350,000 income, less 430,000 = 1,920,000 levy base, no reduction.
        # Medical 53,300 + 189,696 = 242,900; child support 1,300 + 4,992 = 6,200 (both floored to 100).
        assert await decisions(units) == [("1", 1, 249_100, 242_900, 6_200, 12, 0)]
        assert (await outbox(units)).count("premium.assessed.v1") == 1


async def test_an_income_that_is_not_known_is_not_zero_and_ends_on_a_worklist(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), insured("1", born=OLD, acquired=SINCE))
        await apply(units, income("1", status=IncomeStatus.INQUIRING))
        assert await decisions(units) == []
        async with units.engine.connect() as connection:
            assert (await connection.execute(text("SELECT due_on FROM deadline"))).scalar_one() == date(2026, 7, 27)

        await apply(units, income("1", pension=1_500_000, sequence=2))

        assert [row[:2] for row in await decisions(units)] == [("1", 1)]
        async with units.engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM deadline"))).scalar_one() == 0


async def _deadlines(units: Units) -> int:
    async with units.engine.connect() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM deadline"))).scalar_one())


CANCELLED = {"lost_on": SINCE, "loss_reason": None, "sequence": 2}


async def test_nobody_waits_for_the_income_of_a_qualification_that_was_cancelled(databases: Databases) -> None:
    acquired = insured("1", born=OLD, acquired=SINCE)
    async with (await databases("premium", ROOT)).units() as units:
        await apply(
            units, resident("1", born=OLD), acquired, resident("2", household="2", born=OLD), insured("2", born=OLD, acquired=SINCE)
        )
        assert await _deadlines(units) == 2

        await apply(units, InsuredChanged(**{**acquired.model_dump(), **CANCELLED}))

        assert await _deadlines(units) == 1, "the other one still waits"
        assert await decisions(units) == []


async def test_a_run_ends_the_waits_of_qualifications_that_a_file_has_cancelled(databases: Databases, tmp_path: Path) -> None:
    acquired = insured("1", born=OLD, acquired=SINCE)
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await apply(units, resident("1", born=OLD), acquired)
        assert await _deadlines(units) == 1

        await load_insured(units, [InsuredChanged(**{**acquired.model_dump(), **CANCELLED})])
        run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
        await jobs.approve(run_id, units, by="approver")
        await jobs.execute(Assess(), run_id, units)

        assert await _deadlines(units) == 0


async def test_the_same_facts_again_make_no_new_revision(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), income("1", pension=900_000), insured("1", born=OLD, acquired=SINCE))
        await apply(units, income("1", pension=900_000, sequence=2))
        assert len(await decisions(units)) == 1


async def test_a_spouse_who_joins_the_scheme_changes_the_household_but_not_the_reduction_judged_on_1_april(databases: Databases) -> None:
    young = date(1951, 7, 1)
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=young, head=False))
        await apply(units, income("1", pension=2_000_000), income("2", pension=700_000))
        await apply(units, insured("1", born=OLD, acquired=SINCE))
        before = await decisions(units)
        await apply(units, insured("2", born=young, acquired=date(2026, 7, 1)))

        after = await decisions(units)
        assert after[0] == before[0], "the reduction of the first is judged on 1 April"
        assert after[1][0] == "2"
        assert after[1][5] == 9, "July to March"


async def test_death_ends_the_months_and_the_last_revision_counts(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), income("1", pension=1_500_000), insured("1", born=OLD, acquired=SINCE))
        await apply(units, lost("1", born=OLD, acquired=SINCE, on=date(2026, 7, 11)))

        found = await decisions(units)
        assert [row[1] for row in found] == [1, 2]
        assert found[1][5] == 3, "April, May and June; the month of loss does not count"


async def test_sealed_batches_and_the_run_decide_what_single_events_decide(databases: Databases, tmp_path: Path) -> None:
    people = [(str(number), str(number // 2), date(1930 + number % 20, 5, 1)) for number in range(2, 60)]
    residents = [resident(n, household=h, born=born, head=int(n) % 2 == 0) for n, h, born in people]
    incomes = [income(n, pension=int(n) * 100_000) for n, _, _ in people]
    ledger = [insured(n, born=born, acquired=max(date(born.year + 75, 5, 1), date(2008, 4, 1))) for n, _, born in people]

    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, *residents, *incomes, *ledger)
        single = await decisions(units)
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await load(units, residents, incomes, ledger)
        run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
        await jobs.approve(run_id, units, by="approver")
        outcome = await jobs.execute(Assess(), run_id, units)
        batch = await decisions(units)

        assert outcome["differences"] == {}
        assert outcome["totals"]["decided"] == len(people)
        assert await outbox(units) == ["premium.assessments_batch_sealed.v1"]
        again = await jobs.prepare(Assess(), {"scope": "all"}, units, by="tester")
        await jobs.approve(again, units, by="approver")
        assert (await jobs.execute(Assess(), again, units))["totals"]["decided"] == 0
    assert single == batch
    assert len(batch) == len(people)
