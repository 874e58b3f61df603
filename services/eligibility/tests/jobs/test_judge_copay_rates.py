"""`judge-copay-rates`: everybody is judged or waits with a reason (E-27, I-20); a run and single events give the same state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import polars as pl
import pytest
from chassis.testing import Databases
from contracts.events.eligibility import CaseRaised, CopayRatesBatchSealed
from contracts.events.municipal import IncomeDetermined, ResidentChanged
from eligibility_service.jobs.judge_copay_rates import JudgeCopayRates
from eligibility_service.store import copay_waits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.eligibility.tests.people import income, resident
from services.eligibility.tests.world import World, a_world, another_day, only

JULY, AUTUMN = date(2026, 7, 20), date(2026, 11, 20)


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    async with a_world(databases, today=JULY) as found:
        yield found


async def test_the_yearly_run_judges_everybody_shows_what_changes_and_says_one_sealed_batch(world: World) -> None:
    people = [resident(n, household_number=f"{n:015d}") for n in range(1, 8)]
    await world.hear_sealed(people)
    rich: dict[str, Any] = {"taxable_income": 2_000_000, "public_pension_receipts": 4_000_000, "resident_tax_status": "1"}
    await world.hear_sealed_incomes([income(n, income_year=2024, **(rich if n < 3 else {})) for n in range(1, 8)])
    await world.run(JudgeCopayRates(), year=2025)
    await world.hear_sealed_incomes([income(n, **(rich if n in (2, 3) else {})) for n in range(1, 7)])
    found = await world.run(JudgeCopayRates(), year=2026)

    assert found["differences"] == {}
    assert found["totals"] == {
        "judged": 7, "revised_since": 0, "decided": 6, "unchanged": 0, "undecided": 1, "waiting": 1, "spans": 6
    }  # fmt: skip
    assert found["preview"]["昨年度との違い"] == {"1割→1割": 3, "1割→3割": 1, "3割→1割": 1, "3割→3割": 1}
    assert found["preview"]["判定を保留する人数"] == 1
    assert only({row["resident_number"] for row in await world.waits()}) == f"{7:015d}"
    batches = [m.event for m in await world.said() if isinstance(m.event, CopayRatesBatchSealed)]
    assert [(b.copay_year, b.seal.rows) for b in batches] == [(2025, 7), (2026, 6)]
    frame = pl.read_parquet(world.folder / batches[-1].key)
    assert sorted(frame["rate_percent"].to_list()) == [10, 10, 10, 10, 30, 30]
    assert set(frame["limit_class"]) == {"low-2", "working-1"}


async def test_a_run_once_more_changes_nothing_and_what_was_judged_since_it_was_frozen_stands(world: World) -> None:
    await world.hear_sealed([resident(1), resident(2, household_number="000000000000077")])
    await world.hear_sealed_incomes([income(1), income(2)])
    await world.run(JudgeCopayRates(), year=2026)
    again = await world.run(JudgeCopayRates(), year=2026)
    assert (again["totals"]["decided"], again["totals"]["unchanged"], again["differences"]) == (0, 2, {})


async def test_a_wait_stands_on_the_municipalitys_worklist_until_the_income_comes(world: World) -> None:
    """I-18, I-19: what blocks becomes a case with the day since when it waits; the answer closes it."""
    await world.hear(resident(), income(status="3", taxable_income=None, income_year=2024))
    async with world.units.open() as uow:
        assert await copay_waits.raise_some(uow)
        (listed,) = await copay_waits.listing(uow)
    async with another_day(world, date(2026, 7, 30)) as later, later.units.open() as uow:
        (listed_later,) = await copay_waits.listing(uow)
    assert (listed["days"], listed_later["days"], listed["why"]) == (0, 10, "負担割合を判定できません: 所得を照会中")
    raised = only(m.event for m in await world.said() if isinstance(m.event, CaseRaised))
    assert (raised.kind.value, raised.waiting_since) == ("copay_rate_undecided", JULY)
    await world.hear(income(1, 2, income_year=2024))
    assert await world.value("SELECT count(*) FROM worklist_item WHERE closed_at IS NULL") == 0


async def test_a_resident_whose_record_of_the_year_has_not_come_is_a_case_until_it_does(world: World) -> None:
    """I-21 (Takaishi: an income that was not linked gave 2割): a record of the year before, none of this one."""
    son = resident(2, household_number=resident().household_number, relationship="20", born_on=date(1975, 4, 1))
    child = resident(3, household_number=resident().household_number, relationship="23", born_on=date(2015, 4, 1))
    await world.hear(resident(), son, child, income(1, income_year=2024), income(2, income_year=2023))
    async with world.units.open() as uow:
        await copay_waits.look_for_missing_incomes(uow)
    found = only(await world.rows("SELECT resident_number, detail FROM worklist_item WHERE kind = 'income_record_missing'"))
    assert (found["resident_number"], found["detail"]) == (f"{2:015d}", "2024年の所得の記録が届いていません。前の年の記録はあります。")
    await world.hear(income(2, income_year=2024))
    async with world.units.open() as uow:
        await copay_waits.look_for_missing_incomes(uow)
    assert await world.value("SELECT count(*) FROM worklist_item WHERE closed_at IS NULL AND kind = 'income_record_missing'") == 0


FACTS = st.fixed_dictionaries(
    {
        "home": st.lists(st.integers(1, 2), min_size=3, max_size=3),
        "taxable": st.lists(st.sampled_from([0, 300_000, 1_450_000, 4_000_000]), min_size=3, max_size=3),
        "moves": st.booleans(),
        "correction": st.sampled_from([None, 0, 1_449_999, 2_000_000]),
    }
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS)
async def test_single_events_and_a_run_over_batches_give_the_same_rates(databases: Databases, facts: dict[str, Any]) -> None:
    residents: list[ResidentChanged] = [
        resident(n, household_number=f"{home:015d}", born_on=date(1940 + 5 * n, 5, 5)) for n, home in enumerate(facts["home"], 1)
    ]
    incomes: list[IncomeDetermined] = [
        income(n, taxable_income=taxable, resident_tax_status="1" if taxable else "2", public_pension_receipts=1_500_000 + taxable)
        for n, taxable in enumerate(facts["taxable"], 1)
    ]
    later: list[Any] = []
    if facts["moves"]:
        later.append(
            resident(2, 2, household_number=f"{3 - facts['home'][1]:015d}", born_on=date(1950, 5, 5), changed_on=date(2026, 10, 5))
        )
    elif facts["correction"] is not None:  # both at once: a run judges no months that were lived in another household (README)
        later.append(income(1, 2, taxable_income=facts["correction"], resident_tax_status="1"))
    async with a_world(databases, today=AUTUMN) as single, a_world(databases, today=AUTUMN) as bulk:
        for event in (*residents, *incomes, *later):
            await single.hear(event)
        await bulk.hear_sealed(residents)
        await bulk.hear_sealed_incomes(incomes)
        await bulk.run(JudgeCopayRates())
        for event in later:
            if isinstance(event, ResidentChanged):
                await bulk.hear_sealed([event])
            else:
                await bulk.hear_sealed_incomes([event])
        await bulk.run(JudgeCopayRates(), scope="due")
        assert await single.rates() == await bulk.rates()
        assert await single.waits() == await bulk.waits()
