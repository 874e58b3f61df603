"""期間制限: until the last day a premium is corrected in both directions, from the next day in neither, and nothing is dropped."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from chassis.law import FiscalYear, day_number, day_of
from chassis.testing import Databases, TestDatabase
from contracts.events.collection import CollectionMethod, CollectionMethodDecided
from hypothesis import given
from hypothesis import strategies as st
from premium_service import settings
from premium_service.law import time_limit
from premium_service.rules.time_limit import closes_on

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, income, insured, insured_id, outbox, premiums, resident, rows

DECIDED = date(2023, 7, 14)
LAST_DAYS = {CollectionMethod.ORDINARY: date(2025, 7, 31), CollectionMethod.SPECIAL: date(2025, 5, 10)}
"""Of FY2023: two years after 31 July 2023 and after 10 May 2023."""
LIMITED = """SELECT kind, amount_in_force, amount_right, method, method_said, first_due_on, closed_on FROM limited_assessment
ORDER BY entry"""


async def decided_in_2023(databases: Databases, method: CollectionMethod | None) -> TestDatabase:
    database = await databases("premium", ROOT)
    async with database.units(today=DECIDED) as units:
        await apply(units, resident("1", born=OLD), income("1", pension=3_500_000, year=2022), insured("1", born=OLD, acquired=SINCE))
        if method:
            said: dict[str, Any] = {"insured_id": insured_id("1"), "municipality_code": "131016", "resident_number": "1"}
            first_due_on = {CollectionMethod.ORDINARY: date(2023, 7, 31), CollectionMethod.SPECIAL: date(2023, 5, 10)}[method]
            said |= {"fiscal_year": 2023, "method": method, "first_due_on": first_due_on}
            await apply(units, CollectionMethodDecided(effective_on=DECIDED, sequence=1, **said))
    return database


@pytest.mark.parametrize("pension", [3_800_000, 3_000_000])
@pytest.mark.parametrize("method", [CollectionMethod.ORDINARY, CollectionMethod.SPECIAL, None])
@pytest.mark.parametrize("late", [0, 1])
async def test_the_last_day_of_a_correction_depends_on_how_the_premium_is_collected(
    databases: Databases, method: CollectionMethod | None, pension: int, late: int
) -> None:
    """P-15, I-16: the day itself and the next, both ways of collection, both directions; unsaid, the calendar of ordinary collection.

    Without the limit in `decide`, all six corrections of the day after were made.
    """
    today = LAST_DAYS[method or CollectionMethod.ORDINARY] + timedelta(days=late)
    database = await decided_in_2023(databases, method)
    async with database.units(today=today) as units:
        await apply(units, income("1", pension=pension, sequence=2, year=2022))

        of_2023 = [row[2] for row in await premiums(units) if row[1] == 2023]
        kept = await rows(units, LIMITED)
        assert of_2023 == ([1, 2] if not late else [1])
        assert len(kept) == late
        if late:
            kind, in_force, right, used, is_said, first_due_on, closed_on = kept[0]
            assert kind == ("increase_not_made" if pension > 3_500_000 else "decrease_not_made")
            assert (right > in_force) == (pension > 3_500_000)
            assert (used, is_said) == (method or CollectionMethod.ORDINARY, method is not None)
            assert (first_due_on, closed_on) == (date(2023, 5, 10) if used == "special" else date(2023, 7, 31), today)


async def test_a_decrease_beyond_the_limit_becomes_a_special_refund_where_the_union_has_a_rule_for_it(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-17: on its own legal basis, changed and taken back with the facts, and said each time; the decision in force stays."""
    monkeypatch.setenv("KOKI_UNION", "40")
    settings.current.cache_clear()
    try:
        database = await decided_in_2023(databases, None)
        async with database.units(today=date(2026, 1, 15)) as units:
            for sequence, pension in enumerate((3_000_000, 3_200_000, 3_500_000), start=2):
                await apply(units, income("1", pension=pension, sequence=sequence, year=2022))

            kept = await rows(units, LIMITED)
            assert [row[0] for row in kept] == ["special_refund", "special_refund", "settled"]
            in_force = kept[0][1]
            assert [in_force - row[2] for row in kept] == [in_force - kept[0][2], in_force - kept[1][2], 0]
            assert kept[0][2] < kept[1][2] < in_force
            assert [row[:4] for row in await premiums(units) if row[1] == 2023] == [("1", 2023, 1, in_force)]
            assert (await outbox(units)).count("premium.special_refund_determined.v1") == 3
            said = await rows(
                units, "SELECT convert_from(body, 'UTF8')::jsonb->'data' FROM outbox WHERE routing_key LIKE '%refund%' ORDER BY id"
            )
            assert [found[0]["amount"] for found in said] == [in_force - kept[0][2], in_force - kept[1][2], 0]
            assert "特別返還金" in said[0][0]["legal_basis"]
    finally:
        settings.current.cache_clear()


async def test_the_same_fact_again_makes_no_second_entry(databases: Databases) -> None:
    database = await decided_in_2023(databases, None)
    async with database.units(today=date(2026, 1, 15)) as units:
        for sequence in (2, 3):
            await apply(units, income("1", pension=3_800_000, sequence=sequence, year=2022))
        assert len(await rows(units, LIMITED)) == 1
        inputs = await rows(units, "SELECT count(*) FROM assessment_input i JOIN limited_assessment l USING (run_id, household)")
        assert inputs == [(1,)], "what the entry rests on is frozen with it"


async def test_who_acquired_after_the_first_due_day_is_counted_from_the_day_after_the_acquisition(databases: Databases) -> None:
    born, acquired = date(1948, 12, 5), date(2023, 12, 5)
    database = await databases("premium", ROOT)
    async with database.units(today=date(2024, 1, 15)) as units:
        await apply(units, resident("1", born=born), income("1", pension=3_500_000, year=2022), insured("1", born=born, acquired=acquired))
    for today, revisions in ((date(2025, 12, 5), [1, 2]), (date(2025, 12, 6), [1, 2])):
        async with database.units(today=today) as units:
            sequence = 2 if len([row for row in await premiums(units) if row[1] == 2023]) == 1 else 3
            await apply(units, income("1", pension=3_000_000 + sequence, sequence=sequence, year=2022))
            assert [row[2] for row in await premiums(units) if row[1] == 2023] == revisions


@given(st.dates(date(2015, 4, 1), date(2040, 12, 31)), st.integers(-4_000, 700))
def test_the_limit_ends_two_years_after_the_later_of_due_day_and_acquisition(first_due_on: date, after: int) -> None:
    """P-15: by counting on the calendar, day by day, instead of with months."""
    acquired = first_due_on + timedelta(days=after)
    base = max(first_due_on, acquired)
    begin = base + timedelta(days=1)
    last = begin.replace(year=begin.year + 2, day=28) if (begin.month, begin.day) == (2, 29) else None
    expected = last + timedelta(days=1) if last else begin.replace(year=begin.year + 2)
    found = closes_on.on(date(2015, 4, 1))(
        first_due_on=np.array([day_number(first_due_on)], np.int32), acquired_on=np.array([day_number(acquired)], np.int32), years=2
    )
    assert day_of(int(found[0])) == expected


def test_before_fiscal_year_2015_nothing_was_limited() -> None:
    assert time_limit("13", FiscalYear(2014), date(2026, 7, 13)).years is None
    found = closes_on.on(date(2014, 4, 1))(first_due_on=np.zeros(1, np.int32), acquired_on=np.zeros(1, np.int32), years=None)
    assert day_of(int(found[0])) is None


def test_a_due_day_on_which_offices_are_closed_moves() -> None:
    """31 July 2021 and 10 May 2025 were Saturdays."""
    assert dict(time_limit("13", FiscalYear(2021), date(2026, 7, 13)).first_due)["ordinary"] == date(2021, 8, 2)
    assert dict(time_limit("13", FiscalYear(2025), date(2026, 7, 13)).first_due)["special"] == date(2025, 5, 12)
