"""The residences that follow from what a municipality has said."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from eligibility_service.domain.residence import Residence, replay
from hypothesis import given
from hypothesis import strategies as st

JANUARY = date(2020, 1, 1)


def living(since: date) -> Residence:
    return Residence(since, None, "1")


def left(since: date, on: date) -> Residence:
    return Residence(since, on, "2")


A, B, C, D = (JANUARY + timedelta(days=30 * number) for number in range(4))


def test_a_return_begins_a_second_residence() -> None:
    assert replay([living(A), left(A, B), living(C)]) == [left(A, B), living(C)]


def test_moving_out_and_in_on_one_day_goes_on_with_the_same_residence() -> None:
    assert replay([living(A), left(A, B), living(B)]) == [living(A)]
    assert replay([living(A), left(A, B), living(B), living(B), left(B, C)]) == [left(A, C)]


def test_a_cancelled_move_takes_back_what_followed_it() -> None:
    assert replay([living(A), left(A, B), living(C), living(A)]) == [living(A)]
    assert replay([living(A), left(A, B), living(C), left(C, D), left(A, B)]) == [left(A, B)]


def test_a_corrected_first_day_takes_the_place_of_the_wrong_one() -> None:
    assert replay([living(B), living(A)]) == [living(A)]
    assert replay([living(A), living(B)]) == [living(B)]
    assert replay([left(A, C), living(B)]) == [living(B)]


DAY = st.integers(0, 40).map(lambda number: JANUARY + timedelta(days=number))
SAID = st.tuples(DAY, st.one_of(st.none(), st.integers(0, 20))).map(
    lambda found: living(found[0]) if found[1] is None else left(found[0], found[0] + timedelta(days=found[1]))
)


@given(st.lists(SAID, min_size=1, max_size=12))
def test_residences_are_in_order_never_overlap_and_end_with_the_last_record(said: list[Residence]) -> None:
    believed = replay(said)

    for earlier, later in pairwise(believed):
        assert earlier.ended_on is not None
        assert earlier.since <= earlier.ended_on < later.since
    assert (believed[-1].ended_on, believed[-1].status) == (said[-1].ended_on, said[-1].status)
    assert believed[-1].since <= said[-1].since


@given(st.lists(SAID, min_size=1, max_size=12))
def test_saying_the_last_record_again_changes_nothing(said: list[Residence]) -> None:
    assert replay([*said, said[-1]]) == replay(said)
