"""Rates tried on profiles are the rates of people (P-01): the same yen as a decision, and the lowest rate that is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from chassis.law import FiscalYear, Rate
from premium_service.law import premium_parameters
from premium_service.rules import Households, assess
from premium_service.rules.columns import GAP, PENDING
from premium_service.rules.effects import annual_amounts, by_band, by_group, by_tier, whole
from premium_service.rules.parameters import PARTS
from premium_service.rules.profiles import Profiles, profile_columns, profiles_of, with_rates
from premium_service.rules.rate_search import Unreachable, find_income_rate, totals
from premium_service.rules.rate_setting import Budget

from services.premium.tests.rules.random_members import random_members

ROWS = 4_000


def population(year: int, rows: int = ROWS) -> tuple[Households, Profiles, Any]:
    records = random_members(year, rows)
    members, law = Households.from_records(records), premium_parameters("13", FiscalYear(year))
    columns, kept, undecided = profile_columns(assess(members, law))
    codes = np.where(records["household"] % 3 == 0, b"131016", b"132012").astype("S6")
    return members, profiles_of(columns, codes[kept], undecided), law


@pytest.mark.parametrize("year", [2008, 2015, 2019, 2024, 2026])
def test_other_rates_give_every_person_what_a_decision_under_them_would(year: int) -> None:
    """Seen to fail when profiles leave out `dependant_months`, or the days of former dependants."""
    members, profiles, law = population(year)
    for part in law.parts:
        tried = with_rates(law, part, per_capita=61_234, income_rate=Rate(1_123, 10_000), cap=512_300)
        result = assess(members, tried)
        decided = members.is_assessed & (result["outcome"] < PENDING) | (members.is_assessed & (result["outcome"] == GAP))
        each = result[f"{part}_amount"][decided]
        assert totals(profiles, tried, part).amount == int(each.sum())
        assert totals(profiles, tried, part).capped == int(result[f"{part}_capped"][decided].sum())
    all_parts = sum(totals(profiles, law, part).amount for part in law.parts)
    assert int((annual_amounts(profiles, law) * profiles.count).sum()) == all_parts
    assert profiles.people == int(decided.sum())
    assert profiles.undecided == int((members.is_assessed & ~decided).sum())


def test_what_is_levied_is_what_people_are_charged_and_what_is_paid_for_them_and_nothing_is_lost() -> None:
    """Flat and income part before any reduction = charged + reductions + cap + floors, to the yen x month."""
    members, profiles, law = population(2026)
    result = assess(members, law)
    for part in law.parts:
        decided = np.flatnonzero(members.is_assessed & (result["outcome"] < PENDING))
        months = result["months"][decided].astype(np.int64)
        gross = (result[f"{part}_per_capita"][decided] + result[f"{part}_income_levy_full"][decided]) * months
        sums = totals(profiles, law, part)
        parts = sums.levied_months + sums.over_cap_months + sums.rounded_months
        assert parts == int(gross.sum())


def budget_for(levy_total: int, insured: int) -> Budget:
    return Budget((), levy_total, levy_total, levy_total // 2, levy_total - levy_total // 2, insured, 55_000)


def test_the_rate_found_is_enough_and_the_next_lower_one_is_not() -> None:
    _, profiles, law = population(2026)
    insured = 1_000_000
    for levy_total in (80_000_000_000, 140_000_000_000, 250_000_000_000):
        rate, attempts = find_income_rate(profiles, law, "medical", budget_for(levy_total, insured), step=Rate(1, 10_000))

        def covers(grid: int, wanted: int = levy_total) -> bool:
            tried = with_rates(law, "medical", per_capita=55_000, income_rate=Rate(grid, 10_000))
            return totals(profiles, tried, "medical").levied_months * insured >= wanted * profiles.person_months

        grid = rate.numerator
        assert covers(grid)
        assert grid == 0 or not covers(grid - 1)
        assert next(attempt for attempt in attempts if attempt.rate == rate).enough
        assert len(attempts) < 25


def test_the_cap_makes_the_rate_higher_than_the_incomes_alone_would() -> None:
    """Z-04, E 5: people over the cap pay less, so the rate rises until the totals fit."""
    _, profiles, law = population(2026)
    wanted = budget_for(140_000_000_000, 1_000_000)
    low_cap, _ = find_income_rate(profiles, law, "medical", wanted, step=Rate(1, 10_000), cap=400_000)
    high_cap, _ = find_income_rate(profiles, law, "medical", wanted, step=Rate(1, 10_000), cap=9_000_000)
    assert low_cap.fraction > high_cap.fraction


def test_an_amount_that_no_rate_can_bring_in_is_refused() -> None:
    _, profiles, law = population(2026, 300)
    with pytest.raises(Unreachable):
        find_income_rate(profiles, law, "medical", budget_for(10**15, 1_000_000), step=Rate(1, 10_000))


def test_reductions_are_paid_from_public_money_and_do_not_raise_the_rate() -> None:
    """Law: 法 第99条. The same people without any tier need the same rate, but for the floors of single amounts."""
    _, profiles, law = population(2026)
    untiered = Profiles(
        {**profiles.columns, "tier": np.zeros_like(profiles.columns["tier"])}, profiles.count, profiles.index, profiles.group,
        profiles.groups, profiles.undecided,
    )  # fmt: skip
    wanted = budget_for(140_000_000_000, 1_000_000)
    one, _ = find_income_rate(profiles, law, "medical", wanted, step=Rate(1, 10_000))
    other, _ = find_income_rate(untiered, law, "medical", wanted, step=Rate(1, 10_000))
    assert abs(one.numerator - other.numerator) <= 1


def test_every_table_of_effects_adds_up_to_everybody() -> None:
    _, profiles, law = population(2026)
    before = annual_amounts(profiles, law)
    after = annual_amounts(profiles, with_rates(law, "medical", per_capita=40_000, income_rate=Rate(12, 100)))
    everybody = whole(profiles.count, before, after)
    tables = (
        by_band(profiles.columns["levy_base"], profiles.count, before, after),
        by_tier(np.array([0, 2, 5, 7, 7, 0], np.int16)[profiles.columns["tier"]], profiles.count, before, after),
        by_group(profiles.group, profiles.groups, before[profiles.index], after[profiles.index]),
    )
    for table in tables:
        for name in ("people", "before", "after", "difference", "up", "down"):
            assert sum(getattr(line, name) for line in table) == getattr(everybody, name)
    assert everybody.up
    assert everybody.down
    assert [line.name for line in tables[2]] == ["131016", "132012"]


def test_incomes_that_grow_lower_the_rate() -> None:
    _, profiles, law = population(2026)
    wanted = budget_for(140_000_000_000, 1_000_000)
    now, _ = find_income_rate(profiles, law, "medical", wanted, step=Rate(1, 10_000))
    grown, _ = find_income_rate(profiles.grown(Rate(110, 100)), law, "medical", wanted, step=Rate(1, 10_000))
    assert grown.fraction < now.fraction


def test_both_parts_are_known_to_the_trials() -> None:
    assert PARTS == ("medical", "child_support")
