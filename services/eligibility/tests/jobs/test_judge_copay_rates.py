"""`judge-copay-rates`: everybody is judged or waits with a reason (E-27, I-20); a run and single events give the same state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import polars as pl
import pytest
from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import CaseRaised, CopayRatesBatchSealed
from contracts.events.municipal import IncomeDetermined
from eligibility_service.jobs import judge_copay_rates
from eligibility_service.jobs.judge_copay_rates import JudgeCopayRates
from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.store import copay_waits
from hypothesis import HealthCheck, Phase, given, settings
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
        "home": st.lists(st.integers(1, 3), min_size=4, max_size=4),
        "taxable": st.lists(st.sampled_from([0, 300_000, 4_000_000]), min_size=4, max_size=4),
        "moves": st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(8, 10)), min_size=1, max_size=3),
        "corrections": st.lists(st.tuples(st.integers(1, 4), st.sampled_from([0, 1_449_999, 2_000_000])), max_size=2),
        "moves_first": st.booleans(),
    }
)


@settings(max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS)
async def test_single_events_and_a_run_over_batches_give_the_same_rates(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    """E-27: with people who move between households, whose incomes are corrected before or after, and runs cut wherever they can be.

    Seen to fail without the households lived in before (`LIVED`) in `EVERYBODY`; and, for single events, without `lived_elsewhere`.
    """
    monkeypatch.setattr(judge_copay_rates, "CHUNK_HOUSEHOLDS", 1)
    residents = [resident(n, household_number=f"{home:015d}", born_on=date(1935 + 5 * n, 5, 5)) for n, home in enumerate(facts["home"], 1)]
    incomes = [told(n, 1, taxable) for n, taxable in enumerate(facts["taxable"], 1)]
    moves = [
        resident(n, sequence, household_number=f"{home:015d}", born_on=date(1935 + 5 * n, 5, 5), changed_on=date(2026, month, 5 + sequence))
        for sequence, (n, home, month) in numbered(sorted(facts["moves"], key=lambda move: move[2]))
    ]
    corrections = [told(n, sequence, taxable) for sequence, (n, taxable) in numbered(facts["corrections"])]
    async with a_world(databases, today=AUTUMN) as single, a_world(databases, today=AUTUMN) as bulk:
        for event in (*residents, *incomes, *(moves + corrections if facts["moves_first"] else corrections + moves)):
            await single.hear(event)
        await bulk.hear_sealed(residents)
        await bulk.hear_sealed_incomes(incomes)
        await bulk.run(JudgeCopayRates())
        for move in moves:
            await bulk.hear_sealed([move])
        for correction in corrections:
            await bulk.hear_sealed_incomes([correction])
        found = await bulk.run(JudgeCopayRates(), scope="due")
        assert found["differences"] == {}
        assert await single.rates() == await bulk.rates()
        assert await single.waits() == await bulk.waits()


def numbered(events: list[Any]) -> list[tuple[int, Any]]:
    """Each event with its place among those of its person, after the first record."""
    return [(2 + sum(other[0] == event[0] for other in events[:at]), event) for at, event in enumerate(events)]


def told(number: int, sequence: int, taxable: int) -> IncomeDetermined:
    tax = "1" if taxable else "2"
    return income(number, sequence, taxable_income=taxable, resident_tax_status=tax, public_pension_receipts=1_500_000 + taxable)


RICH: dict[str, Any] = {"taxable_income": 4_000_000, "resident_tax_status": "1", "public_pension_receipts": 6_000_000}
FIRST, SECOND, LATER = f"{1:015d}", f"{2:015d}", f"{9:015d}"


@pytest.mark.parametrize(("left", "lives_in"), [(FIRST, LATER), (LATER, FIRST)])
async def test_months_that_a_mover_lived_with_somebody_are_judged_again_when_that_income_is_corrected(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, left: str, lives_in: str
) -> None:
    """E-27, I-15: the second lived with the first until October, and has lived alone since.

    Seen to fail, by a single event and by a run, while only the present households were judged: the single event gave the second the rate
    of the household that was left, to the end of the year; the run left August to October as they were.
    """
    monkeypatch.setattr(judge_copay_rates, "CHUNK_HOUSEHOLDS", 1)
    together, moved = resident(2, household_number=left), resident(2, 2, household_number=lives_in, changed_on=date(2026, 10, 5))
    async with a_world(databases, today=AUTUMN) as single, a_world(databases, today=AUTUMN) as bulk:
        await single.hear(resident(1, household_number=left), together, income(1), income(2), moved)
        await single.hear(income(1, 2, **RICH))
        await bulk.hear_sealed([resident(1, household_number=left), together])
        await bulk.hear_sealed_incomes([income(1), income(2)])
        await bulk.run(JudgeCopayRates())
        await bulk.hear_sealed([moved])
        await bulk.hear_sealed_incomes([income(1, 2, **RICH)])
        await bulk.run(JudgeCopayRates(), scope="due")
        for world in (single, bulk):
            spans = [(row["valid_from"], row["rate_percent"]) for row in await world.rates() if row["resident_number"] == SECOND]
            assert spans == [(date(2026, 8, 1), 30), (date(2026, 11, 1), 10)]


async def test_months_in_a_household_where_nobody_insured_lives_any_more_are_judged_by_a_run(databases: Databases) -> None:
    """E-27: the first lived with a son until October; the son's tax is corrected by a file. Seen to fail without `LIVED` in `EVERYBODY`."""
    son = resident(2, household_number=FIRST, relationship="20", born_on=date(1975, 4, 1))
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear_sealed([resident(1, household_number=FIRST), son])
        await world.hear_sealed_incomes([income(1), income(2)])
        await world.run(JudgeCopayRates())
        await world.hear_sealed([resident(1, 2, household_number=LATER, changed_on=date(2026, 10, 5))])
        await world.hear_sealed_incomes([income(2, 2, **RICH)])
        await world.run(JudgeCopayRates(), scope="due")
        spans = [(row["valid_from"], row["limit_class"]) for row in await world.rates()]
        assert spans == [(date(2026, 8, 1), LimitClass.GENERAL_1), (date(2026, 11, 1), LimitClass.LOW_2)]


async def test_who_stands_with_somebody_judged_since_the_freezing_is_judged_as_it_is_now(databases: Databases) -> None:
    """E-27: the second moved in with the first in October; of the third, with whom the second had lived, the income was corrected.

    Seen to fail while a run left out the months that are shared with somebody judged since: the first was judged by August alone.
    """
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear_sealed([resident(1, household_number=FIRST), *(resident(n, household_number=LATER) for n in (2, 3))])
        await world.hear_sealed([resident(2, 2, household_number=FIRST, changed_on=date(2026, 10, 5))])
        await world.hear_sealed_incomes([income(1), income(2, **RICH), income(3)])
        await world.run(JudgeCopayRates())
        run_id = await jobs.prepare(JudgeCopayRates(), {}, world.units, by="職員")
        await world.hear(income(3, 2, **RICH | {"taxable_income": 7_000_000}))
        await jobs.approve(run_id, world.units, by="上司")
        found = await jobs.execute(JudgeCopayRates(), run_id, world.units)

        assert (found["differences"], found["totals"]["revised_since"]) == ({}, 3)
        spans = [(row["valid_from"], row["rate_percent"]) for row in await world.rates() if row["resident_number"] == FIRST]
        assert spans == [(date(2026, 8, 1), 10), (date(2026, 11, 1), 30)]


async def test_a_run_is_cut_only_where_nobody_stands_on_both_sides(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """E-27: three households of which a mover links the first with the last; what is cut is said once of everybody.

    Seen to fail with cuts between any two numbers, and with the households in the order of their own numbers alone.
    """
    monkeypatch.setattr(judge_copay_rates, "CHUNK_HOUSEHOLDS", 1)
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear_sealed([resident(n, household_number=f"{n:015d}") for n in (1, 2, 3)])
        await world.hear_sealed([resident(1, 2, household_number=f"{3:015d}", changed_on=date(2026, 10, 5))])
        await world.hear_sealed_incomes([income(n) for n in (1, 2, 3)])
        found = await world.run(JudgeCopayRates())
        assert (found["totals"]["judged"], found["totals"]["spans"]) == (3, 3)
        chunks = await world.rows("SELECT records FROM job_chunk ORDER BY number")
        assert [row["records"] for row in chunks] == [2, 1]
