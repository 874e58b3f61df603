"""負担割合 on certificates, from the income to the new card: decided by single events, by a run, and by a day that comes."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis.testing import Databases
from eligibility_service.jobs.following import issue_next
from eligibility_service.jobs.judge_copay_rates import JudgeCopayRates
from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.store import replacing

from services.eligibility.tests.handlers.test_entries import enter
from services.eligibility.tests.people import income, resident
from services.eligibility.tests.rates import decide
from services.eligibility.tests.world import World, a_world, another_day

AUTUMN = date(2026, 11, 20)
RICH: dict[str, Any] = {"taxable_income": 1_450_000, "public_pension_receipts": 3_830_000, "resident_tax_status": "1"}


async def issue_all(world: World) -> list[int | None]:
    """Everything due is issued; the rates on the cards, in the order of their numbers."""
    while await issue_next(world.units):
        pass
    return [row["copay_rate"] for row in await world.rows("SELECT copay_rate FROM certificate WHERE state = 'issued' ORDER BY serial")]


async def test_an_income_and_its_correction_each_make_a_card_with_the_rate(databases: Databases) -> None:
    """E-21. Seen to fail without `replace_after_rates` in `rejudge`: the first card stayed the only one."""
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear(resident())
        first = await issue_all(world)
        await world.hear(income())
        decided = await issue_all(world)
        await world.hear(income(1, 2, **RICH))

        assert (first, decided, await issue_all(world)) == ([None], [None, 10], [None, 10, 30])
        assert await world.value("SELECT count(*) FROM certificate WHERE state = 'issued' AND collection IS NULL") == 1


async def test_a_run_that_decides_rates_makes_new_cards_due_once(databases: Databases) -> None:
    """E-27. Seen to fail without `replace_after_rates` in the run: nobody got a card with the rate."""
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear(resident(), resident(2, household_number="000000000000002"))
        assert await issue_all(world) == [None, None]
        await world.hear_sealed_incomes([income(), income(2)])

        for _ in range(2):
            assert (await world.run(JudgeCopayRates(), year=2026, scope="all"))["differences"] == {}
            assert await issue_all(world) == [None, None, 10, 10]


async def test_a_rate_of_a_later_day_makes_its_card_when_the_day_comes(databases: Databases) -> None:
    """E-27. Seen to fail with `replace_whose_rate_begins` doing nothing: November's card went on into the months of the other rate."""
    house: dict[str, Any] = {"household_number": "000000000000009"}
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear(resident(1, **house), resident(2), income(1, **RICH), income(2, public_pension_receipts=800_000))
        before = await issue_all(world)
        await world.hear(resident(2, 2, **house, relationship="11", changed_on=date(2026, 11, 10)))
        assert await issue_all(world) == before
        for day, further in ((date(2026, 11, 30), []), (date(2026, 12, 1), [20, 20]), (date(2026, 12, 2), [20, 20])):
            async with another_day(world, day) as then:
                async with then.units.open() as uow:
                    await replacing.replace_whose_rate_begins(uow)
                assert await issue_all(then) == [*before, *further], day


async def test_a_class_that_changes_makes_a_new_card_only_where_it_is_printed(databases: Databases) -> None:
    """E-09. Seen to fail without the class in `_CHANGED`: no new card was due."""
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear(resident(), resident(2, household_number="000000000000002"))
        for number in (1, 2):
            await decide(world, f"{number:015d}", 10, LimitClass.LOW_2, of=date(2026, 8, 1))
        await issue_all(world)
        await world.rows("UPDATE certificate SET limit_class = 'low-2' WHERE resident_number = $1 RETURNING 1", f"{1:015d}")
        ids = [row["insured_id"] for row in await world.ledger()]
        for number in (1, 2):
            await decide(world, f"{number:015d}", 10, LimitClass.GENERAL_1, of=date(2026, 8, 1))
        async with world.units.open() as uow:
            await replacing.replace_after_rates(uow, dict.fromkeys(ids))

        due = await world.rows("SELECT resident_number FROM certificate WHERE state = 'due'")
        assert [row["resident_number"] for row in due] == [f"{1:015d}"]


async def test_whoever_is_acquired_by_an_entry_is_judged_and_gets_a_card_with_the_rate(databases: Databases) -> None:
    """E-14, E-27. Seen to fail without `rejudge` in `entries._say`: the card of a certified person was without a rate."""
    async with a_world(databases, today=AUTUMN) as world:
        await world.hear(resident(born_on=date(1957, 10, 1)), income())
        await enter(
            world, date(2026, 11, 20), kind="disability_certified", application_id="01930000-0000-7000-8000-000000000001",
            evidence="physical", grade="1級",
        )  # fmt: skip

        assert await issue_all(world) == [10]
