"""Exact rates and named rounding."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from chassis.law import Rate, round_down, round_up
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("9.88%", Fraction(988, 10_000)),
        ("7/10", Fraction(7, 10)),
        ("0.26%", Fraction(26, 10_000)),
        ("1", Fraction(1)),
        ("11%", Fraction(11, 100)),
    ],
)
def test_a_rate_is_read_exactly(text: str, fraction: Fraction) -> None:
    assert Rate.parse(text).fraction == fraction


@pytest.mark.parametrize("text", ["0.0988", "9,88%", "", "7／10", "-1/2", "2"])
def test_what_is_not_a_rate_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        Rate.parse(text)


def test_a_rate_needs_a_positive_denominator() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Rate(1, 0)


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=20), st.integers(0, 12_000))
def test_an_array_gives_what_each_amount_gives_alone(amounts: list[int], ten_thousandths: int) -> None:
    rate = Rate(ten_thousandths, 10_000)
    assert rate.of(np.array(amounts, np.int64)).tolist() == [rate.of(amount) for amount in amounts]
    assert [rate.of(amount) for amount in amounts] == [amount * rate.fraction // 1 for amount in amounts]


def test_a_product_that_does_not_fit_is_refused_and_never_wraps_around() -> None:
    with pytest.raises(OverflowError, match="64 bits"):
        Rate(988, 10_000).of(np.array([2**62], np.int64))


def test_percent_shows_a_rate_without_a_float() -> None:
    assert Rate(988, 10_000).percent == "9.88%"
    assert Rate(7, 10).percent == "70%"
    assert Rate(1, 3).percent == "1/3"
    assert Rate(7, 10).complement == Rate(3, 10)


@given(st.integers(0, 10**12), st.sampled_from([1, 10, 100, 1000]))
def test_rounding_brackets_the_amount(amount: int, unit: int) -> None:
    down, up = round_down(amount, to=unit, law="条例"), round_up(amount, to=unit, law="条例")
    assert down <= amount <= up
    assert down % unit == up % unit == 0
    assert up - down in (0, unit)
    assert round_down(np.array([amount], np.int64), to=unit, law="条例").tolist() == [down]
    assert round_up(np.array([amount], np.int64), to=unit, law="条例").tolist() == [up]


def test_rounding_without_an_article_is_refused() -> None:
    with pytest.raises(ValueError, match="name the article"):
        round_down(1, to=100, law="")
