"""The bar code of a payment slip: the published sample, every single wrong digit, and symbols that fill their modules."""

from __future__ import annotations

from datetime import date

import pytest
from collection_service.rules.slip_code import bars, check_digit, in_groups, slip_code
from hypothesis import given
from hypothesis import strategies as st

SAMPLE = "91912345000000000000004520875004013100295004"


def test_the_check_digit_of_the_published_sample_is_right() -> None:
    """C-03."""
    assert check_digit(SAMPLE[:43]) == SAMPLE[43] == "4"


def test_the_published_sample_is_written_from_its_parts() -> None:
    made = slip_code(company_code="912345", free="000000000000004520875", reissued=False, usable_until=date(2004, 1, 31), amount=29_500)
    assert made == SAMPLE
    assert in_groups(made) == ("(91)912345-000000000000004520875", "0-040131-0-029500-4")


@given(st.text("0123456789", min_size=43, max_size=43), st.integers(0, 42), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(digits: str, place: int, change: int) -> None:
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    assert check_digit(wrong) != check_digit(digits)


@given(st.text("0123456789", min_size=44, max_size=44))
def test_the_bars_fill_eleven_modules_a_symbol_and_are_even(digits: str) -> None:
    """Code 128: each symbol has 11 modules and an even number of dark ones, the stop 13."""
    found = bars(digits)
    symbols = [found[at : at + 6] for at in range(0, len(found) - 7, 6)]
    assert len(symbols) == 2 + 22 + 1
    assert {sum(symbol) for symbol in symbols} == {11}
    assert {sum(symbol[::2]) % 2 for symbol in symbols} == {0}
    assert found[-7:] == (2, 3, 3, 1, 1, 1, 2)


def test_no_two_symbols_look_the_same() -> None:
    pairs = {bars(f"{number:02}")[12:18] for number in range(100)}
    assert len(pairs) == 100


@pytest.mark.parametrize("parts", [{"amount": 1_000_000}, {"amount": 0}, {"company_code": "12345"}, {"free": "1" * 22}])
def test_what_has_no_room_is_refused_and_never_cut(parts: dict[str, object]) -> None:
    usual = {"company_code": "912345", "free": "1", "reissued": False, "usable_until": date(2026, 7, 31), "amount": 100}
    with pytest.raises(ValueError, match="No bar code holds"):
        slip_code(**(usual | parts))  # type: ignore[arg-type]
