"""負担割合 follows entries of the ledger and birthdays, and sees what comes between the freezing of a run and its end (E-27)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import CopayRateDecided
from eligibility_service.jobs.following import judge_birthdays_today
from eligibility_service.jobs.judge_copay_rates import JudgeCopayRates
from eligibility_service.jobs.judge_on_birthday import JudgeOnBirthday
from eligibility_service.rules.copay.columns import Outcome

from services.eligibility.tests.handlers.test_copay_rates import AUTUMN, HOUSE, RICH, spans
from services.eligibility.tests.handlers.test_entries import enter
from services.eligibility.tests.people import income, resident
from services.eligibility.tests.world import World, a_world, another_day, only

SEPTEMBER = date(2026, 9, 10)
SMALL: dict[str, Any] = {"public_pension_receipts": 800_000}
YEAR_ENDS = date(2027, 7, 31)


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    async with a_world(databases, today=AUTUMN) as found:
        yield found


async def run_approved(world: World) -> None:
    for run_id, name in await jobs.approved_runs(world.units):
        assert name == JudgeOnBirthday.name
        await jobs.execute(JudgeOnBirthday(), run_id, world.units)


async def test_an_entry_of_the_ledger_judges_the_household_again_and_says_so(world: World) -> None:
    """E-27, I-15: the wife is excluded (生活保護), and the husband is alone.

    Seen to fail: without `rejudge` in entries.record he kept 2割.
    """
    wife = resident(2, **HOUSE, relationship="11")
    await world.hear(resident(1, **HOUSE), wife, income(1, **RICH), income(2, **SMALL))
    assert spans(await world.rates()) == [(date(2026, 8, 1), YEAR_ENDS, 20)]
    before = len(await world.said())

    await enter(world, date(2026, 10, 9), f"{2:015d}", kind="exclusion_begun", cause="public_assistance")

    assert spans(await world.rates()) == [(date(2026, 8, 1), date(2026, 10, 31), 20), (date(2026, 11, 1), YEAR_ENDS, 30)]
    said = [m.event for m in (await world.said())[before:] if isinstance(m.event, CopayRateDecided)]
    assert (date(2026, 11, 1), 30) in [(event.valid_from, event.rate_percent) for event in said if event.resident_number == f"{1:015d}"]


async def test_a_70th_birthday_without_any_other_event_changes_the_rate_by_the_calendar_once(databases: Databases) -> None:
    """Seen to fail: without `judge_birthdays_today` the rate stayed 3割. Months in which nothing ran are caught up."""
    async with a_world(databases, today=SEPTEMBER) as world:
        wife = resident(2, **HOUSE, relationship="11", born_on=date(1956, 10, 2))
        await world.hear(resident(1, **HOUSE), income(1, **RICH), wife, income(2, **SMALL))
        await judge_birthdays_today(world.units)
        await run_approved(world)
        assert spans(await world.rates()) == [(date(2026, 8, 1), YEAR_ENDS, 30)]

        async with another_day(world, date(2026, 12, 4)) as later:
            for _ in range(2):
                await judge_birthdays_today(later.units)
            await run_approved(later)

        assert spans(await world.rates()) == [(date(2026, 8, 1), date(2026, 10, 31), 30), (date(2026, 11, 1), YEAR_ENDS, 20)]
        found = await world.rows("SELECT parameters, state, total FROM job_run ORDER BY prepared_at")
        assert [(row["parameters"]["until"], row["total"]) for row in found] == [("2026-10-01", 0), ("2027-01-01", 1)]


async def test_a_member_who_reaches_75_without_being_insured_counts_no_more_with_a_lone_insured_person(databases: Databases) -> None:
    """Somebody excluded (生活保護) is acquired by no birthday; the receipts cease to count from the first of the month after."""
    async with a_world(databases, today=SEPTEMBER) as world:
        other = resident(2, **HOUSE, relationship="11", born_on=date(1951, 10, 12))
        await world.hear(resident(1, **HOUSE), income(1, **RICH), other, income(2, **SMALL))
        await enter(world, date(2026, 9, 1), f"{2:015d}", kind="exclusion_begun", cause="public_assistance")
        assert spans(await world.rates()) == [(date(2026, 8, 1), YEAR_ENDS, 20)]

        async with another_day(world, date(2026, 10, 20)) as later:
            await judge_birthdays_today(later.units)
            await run_approved(later)

        assert spans(await world.rates()) == [(date(2026, 8, 1), date(2026, 10, 31), 20), (date(2026, 11, 1), YEAR_ENDS, 30)]


async def execute(world: World, run_id: Any) -> dict[str, Any]:
    await jobs.approve(run_id, world.units, by="上司")
    return await jobs.execute(JudgeCopayRates(), run_id, world.units)


async def test_a_correction_to_an_inquiry_between_the_freezing_of_a_run_and_its_end_is_seen(world: World) -> None:
    """I-15, I-18. Seen to fail: with rates alone in `_REVISED`, the run ended the wait on the income that was corrected."""
    await world.hear(resident(), income())
    run_id = await jobs.prepare(JudgeCopayRates(), {"year": 2026}, world.units, by="職員")
    await world.hear(income(1, 2, status="3", taxable_income=None, resident_tax_status=None))

    found = await execute(world, run_id)

    assert (found["totals"]["revised_since"], found["differences"]) == (1, {})
    assert only(await world.waits())["outcome"] == Outcome.INQUIRING


async def test_an_answer_that_changes_no_rate_between_the_freezing_of_a_run_and_its_end_leaves_no_wait(world: World) -> None:
    """I-18. Seen to fail: without the third part of `_REVISED`, the run made the wait anew that the answer had ended."""
    inquired: dict[str, Any] = {"status": "3", "taxable_income": None, "resident_tax_status": None}
    await world.hear(resident(), income())
    await world.hear(income(1, 2, **inquired))
    run_id = await jobs.prepare(JudgeCopayRates(), {"year": 2026}, world.units, by="職員")
    await world.hear(income(1, 3))

    found = await execute(world, run_id)

    assert (found["totals"]["revised_since"], found["differences"], await world.waits()) == (1, {}, [])


async def test_after_a_file_a_single_event_judges_its_own_household_and_the_next_run_the_others(world: World) -> None:
    """A file makes its municipality due; nothing is judged for each of its rows until the run."""
    await world.hear_sealed([resident(1, **HOUSE), resident(2, household_number="000000000000077")])
    await world.hear_sealed_incomes([income(1), income(2)])
    await world.hear(income(1, 2, **RICH))
    assert [row["resident_number"] for row in await world.rates()] == [f"{1:015d}"]

    await world.run(JudgeCopayRates(), scope="due")

    assert [(row["resident_number"], row["rate_percent"]) for row in await world.rates()] == [(f"{1:015d}", 30), (f"{2:015d}", 10)]
