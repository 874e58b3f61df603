"""負担割合 follows what the municipalities say (E-27): incomes, households, birthdays, corrections; and blocks on what they do not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from chassis.testing import Databases
from contracts.events.eligibility import CopayRateDecided
from eligibility_service.rules.copay.columns import Exemption, LimitClass, Outcome
from eligibility_service.store.copay_rates import rates_on

from services.eligibility.tests.people import income, resident
from services.eligibility.tests.world import World, a_world, only

AUTUMN = date(2026, 11, 20)
HOUSE: dict[str, Any] = {"household_number": "000000000000009"}
RICH: dict[str, Any] = {"taxable_income": 1_450_000, "public_pension_receipts": 3_830_000, "resident_tax_status": "1"}


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    async with a_world(databases, today=AUTUMN) as found:
        yield found


def spans(rates: list[dict[str, Any]], number: int = 1) -> list[tuple[date, date, int]]:
    return [(row["valid_from"], row["valid_until"], row["rate_percent"]) for row in rates if row["resident_number"] == f"{number:015d}"]


async def test_an_income_gives_a_rate_for_the_copay_year_and_says_it(world: World) -> None:
    await world.hear(resident())
    assert (await world.rates(), only(await world.waits())["outcome"]) == ([], Outcome.NO_RECORD)
    await world.hear(income())

    assert spans(await world.rates()) == [(date(2026, 8, 1), date(2027, 7, 31), 10)]
    assert only(await world.rates())["limit_class"] == LimitClass.LOW_2
    assert await world.waits() == []
    said = only(m.event for m in await world.said() if isinstance(m.event, CopayRateDecided))
    assert (said.rate_percent, said.limit_class, said.sequence) == (10, "low-2", 1)
    assert (said.valid_from, said.valid_until) == (date(2026, 8, 1), date(2027, 7, 31))


async def test_somebody_who_joins_the_household_changes_the_rate_of_every_member_from_the_month_after(world: World) -> None:
    """E-04, E-27: re-judge on household change. Without `rejudge` in on_residents_changed this showed one span of 3割."""
    await world.hear(resident(1, **HOUSE), resident(2), income(1, **RICH), income(2, public_pension_receipts=800_000))
    assert spans(await world.rates(), 1) == [(date(2026, 8, 1), date(2027, 7, 31), 30)]
    moved = resident(2, 2, **HOUSE, relationship="11", changed_on=date(2026, 11, 10))
    await world.hear(moved)

    both = [(date(2026, 8, 1), date(2026, 11, 30), 30), (date(2026, 12, 1), date(2027, 7, 31), 20)]
    assert spans(await world.rates(), 1) == both  # two insured: 4.63 million of receipts stay below 5.2 million
    assert spans(await world.rates(), 2)[-1] == (date(2026, 12, 1), date(2027, 7, 31), 20)
    async with world.units.open() as uow:
        ids = [row["insured_id"] for row in await world.ledger()]
        november, december = [await rates_on(uow, ids, on=date(2026, month, 15)) for month in (11, 12)]
    assert ([november[i].rate_percent for i in ids], [december[i].rate_percent for i in ids]) == ([30, 10], [20, 20])


async def test_a_corrected_income_counts_for_the_whole_copay_year_and_the_old_belief_is_kept(world: World) -> None:
    await world.hear(resident(), income())
    await world.hear(income(1, 2, **RICH))
    assert spans(await world.rates()) == [(date(2026, 8, 1), date(2027, 7, 31), 30)]
    known = await world.rows("SELECT rate_percent, upper_inf(recorded_during) AS now FROM copay_rate_as_known ORDER BY sequence")
    assert [(row["rate_percent"], row["now"]) for row in known] == [(10, False), (30, True)]


async def test_an_income_being_inquired_blocks_and_its_answer_decides(world: World) -> None:
    """I-18: the answer changes 照会中 to 確定, and the rate follows. I-15: nothing missing is a zero."""
    await world.hear(resident(), income(status="3", taxable_income=None, resident_tax_status=None))
    assert (await world.rates(), only(await world.waits())["outcome"]) == ([], Outcome.INQUIRING)
    await world.hear(income(1, 2))
    assert (spans(await world.rates())[0][2], await world.waits()) == (10, [])


async def test_a_taxable_income_that_was_not_given_blocks(world: World) -> None:
    """I-15."""
    await world.hear(resident(), income(taxable_income=None))
    assert (await world.rates(), only(await world.waits())["outcome"]) == ([], Outcome.TAXABLE_INCOME_MISSING)


async def test_a_head_with_young_members_and_no_number_of_them_blocks_and_the_number_decides(world: World) -> None:
    """I-15 (Kyoto: 14 people at 3割): the adjustment for young members is asked for, never taken as none."""
    child = resident(2, **HOUSE, relationship="20", born_on=date(2015, 4, 1))
    no_number: dict[str, Any] = {"dependants_under_16": None, "dependants_16_to_18": None}
    await world.hear(resident(1, **HOUSE), child, income(1, **RICH, **no_number))
    assert (await world.rates(), only(await world.waits())["outcome"]) == ([], Outcome.DEPENDANTS_MISSING)
    await world.hear(income(1, 2, **RICH, dependants_under_16=1))
    assert spans(await world.rates()) == [(date(2026, 8, 1), date(2027, 7, 31), 20)]


async def test_a_member_whose_tax_is_unknown_leaves_the_class_undecided_but_not_the_rate(world: World) -> None:
    son = resident(2, **HOUSE, relationship="20", born_on=date(1975, 4, 1))
    await world.hear(resident(1, **HOUSE), son, income(1))
    found = only(await world.rates())
    assert (found["rate_percent"], found["limit_class"]) == (10, LimitClass.UNDECIDED)
    waits = only(await world.waits())
    assert (waits["outcome"], waits["class_outcome"]) == (Outcome.DECIDED, Outcome.NO_RECORD)
    await world.hear(income(2, salary_receipts=4_000_000, taxable_income=2_000_000, resident_tax_status="1"))
    assert (only(await world.rates())["limit_class"], await world.waits()) == (LimitClass.GENERAL_1, [])


async def test_a_new_75_year_old_counts_from_the_birthday_and_for_the_others_from_the_month_after(world: World) -> None:
    wife = resident(2, **HOUSE, relationship="11", born_on=date(1951, 10, 12))
    await world.hear(resident(1, **HOUSE), income(1, **RICH), wife, income(2, public_pension_receipts=800_000))
    assert spans(await world.rates(), 2) == [(date(2026, 10, 12), date(2027, 7, 31), 20)]
    # Before November the wife was between 70 and 74: her receipts counted with his alone (基準収入額 with 70-74).
    assert spans(await world.rates(), 1) == [(date(2026, 8, 1), date(2026, 10, 31), 20), (date(2026, 11, 1), date(2027, 7, 31), 20)]
    exemptions = [row["exemption"] for row in await world.rates() if row["resident_number"] == f"{1:015d}"]
    assert exemptions == [Exemption.RECEIPTS_WITH_SEVENTIES, Exemption.RECEIPTS_TOGETHER]


async def test_a_70th_birthday_in_the_household_changes_the_rate_from_the_next_month(world: World) -> None:
    wife = resident(2, **HOUSE, relationship="11", born_on=date(1956, 10, 2))
    await world.hear(resident(1, **HOUSE), income(1, **RICH), wife, income(2, public_pension_receipts=800_000))
    assert spans(await world.rates(), 1) == [(date(2026, 8, 1), date(2026, 10, 31), 30), (date(2026, 11, 1), date(2027, 7, 31), 20)]
