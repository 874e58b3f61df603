"""Sums over contiguous rows of a household."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from chassis.law import HouseholdRows, household_any, household_count, household_sum
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=5), max_size=20))
def test_each_row_gets_the_sum_of_its_household(members: list[list[int]]) -> None:
    ids = np.array([number for number, values in enumerate(members) for _ in values], np.int64)
    values = np.array([value for household in members for value in household], np.int64)
    rows = HouseholdRows.of(ids)
    sums: dict[int, int] = defaultdict(int)
    for number, value in zip(ids.tolist(), values.tolist(), strict=True):
        sums[number] += value
    assert household_sum(values, rows).tolist() == [sums[number] for number in ids.tolist()]
    positive = values > 0
    counts = household_count(positive, rows)
    assert counts.tolist() == [sum(value > 0 for value in members[number]) for number in ids.tolist()]
    assert household_any(positive, rows).tolist() == (counts > 0).tolist()


def test_households_need_not_be_sorted_but_must_be_contiguous() -> None:
    rows = HouseholdRows.of(np.array([5, 5, 2, 9, 9, 9], np.int64))
    assert household_count(np.ones(6, np.bool_), rows).tolist() == [2, 2, 1, 3, 3, 3]
    with pytest.raises(ValueError, match="household 5 are not contiguous"):
        HouseholdRows.of(np.array([5, 2, 5], np.int64))


def test_a_sum_of_single_persons_is_a_copy_and_not_the_input() -> None:
    values = np.array([1, 2], np.int64)
    summed = household_sum(values, HouseholdRows.of(np.array([1, 2], np.int64)))
    summed[0] = 100
    assert values.tolist() == [1, 2]
