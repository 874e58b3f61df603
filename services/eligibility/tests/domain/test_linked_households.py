"""Households that movers link, and where a run may be cut (E-27)."""

from __future__ import annotations

import numpy as np
from eligibility_service.domain.linked_households import cuts, linked
from hypothesis import given
from hypothesis import strategies as st

CODE = "131016"
HOMES = st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=4), max_size=8)
SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 12)), min_size=1, max_size=30)


@given(lived=HOMES)
def test_households_have_one_number_exactly_if_movers_lead_from_one_to_the_other(lived: list[list[int]]) -> None:
    found = linked([(CODE, str(home)) for home in homes] for homes in lived)
    reached = {home: {home} for homes in lived for home in homes}
    for _ in reached:
        for homes in lived:
            together = set().union(*(reached[home] for home in homes))
            for home in together:
                reached[home] = reached[home] | together
    assert found.keys() == {(CODE, str(home)) for home in reached}
    for one, others in reached.items():
        assert {home for home in reached if found[CODE, str(home)] == found[CODE, str(one)]} == others


@given(spans=SPANS, size=st.integers(1, 20))
def test_nobody_stands_on_both_sides_of_a_cut_and_parts_are_no_longer_than_they_must_be(spans: list[tuple[int, int]], size: int) -> None:
    first, last = (np.array(numbers, np.int64) for numbers in zip(*[(start, start + more) for start, more in spans], strict=True))
    ends = cuts(first, last, size).tolist()
    assert ends[-1] == last.max()
    for start, end in zip([0, *ends], ends, strict=False):
        for earlier in range(start + size, end):
            assert ((first <= earlier) & (last > earlier)).any(), "it could have been cut here"
        assert not ((first <= end) & (last > end)).any()


def test_a_run_without_anybody_has_no_parts() -> None:
    assert cuts(np.zeros(0, np.int64), np.zeros(0, np.int64), 5).tolist() == []
