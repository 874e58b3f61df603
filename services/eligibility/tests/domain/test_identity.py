"""Identifiers made for many are those made one by one; numbers have eight digits."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from chassis.clock import derived_id
from contracts.primitives import require_insured_number
from eligibility_service.domain.identity import NumbersExhausted, insured_ids, insured_numbers
from hypothesis import given
from hypothesis import strategies as st

PEOPLE = st.lists(
    st.tuples(st.sampled_from(["131016", "132012"]), st.from_regex(r"\d{1,15}", fullmatch=True), st.dates()), min_size=1, max_size=20
)


@given(PEOPLE)
def test_identifiers_of_many_are_the_derived_ids_of_each(people: list[tuple[str, str, date]]) -> None:
    frame = pl.DataFrame(people, schema=["municipality_code", "resident_number", "acquired_on"], orient="row")

    assert insured_ids(frame).to_list() == [str(derived_id("insured", *person)) for person in people]


def test_numbers_have_eight_digits_and_a_right_check_digit_where_the_union_uses_one() -> None:
    values = np.array([1, 2, 9_999_999], np.int64)

    assert insured_numbers(values, has_check_digit=False).to_list() == ["00000001", "00000002", "09999999"]
    for number in insured_numbers(values, has_check_digit=True):
        assert require_insured_number(number, has_check_digit=True) == number


def test_numbers_that_are_used_up_are_refused_not_cut() -> None:
    with pytest.raises(NumbersExhausted):
        insured_numbers(np.array([10_000_000], np.int64), has_check_digit=True)
    with pytest.raises(NumbersExhausted):
        insured_numbers(np.array([100_000_000], np.int64), has_check_digit=False)
