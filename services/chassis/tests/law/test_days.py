"""期間の満了: a term of months ends as 民法 第143条 counts it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from chassis.law import NEVER, day_number, day_of, term_end


@pytest.mark.parametrize(
    ("first", "months", "end"),
    [
        (date(2021, 5, 1), 3, date(2021, 8, 1)),
        (date(2024, 10, 1), 1, date(2024, 11, 1)),
        (date(2025, 1, 31), 1, date(2025, 3, 1)),
        (date(2024, 1, 31), 1, date(2024, 3, 1)),
        (date(2024, 2, 29), 24, date(2026, 3, 1)),
        (date(2023, 12, 26), 1, date(2024, 1, 26)),
        (date(2026, 7, 1), 0, date(2026, 7, 1)),
    ],
)
def test_a_term_ends_before_the_corresponding_day_or_with_the_last_of_a_month_that_has_none(first: date, months: int, end: date) -> None:
    assert day_of(int(term_end(np.array([day_number(first)], np.int32), months)[0])) == end


def test_terms_of_different_lengths_are_counted_at_once_and_what_never_begins_never_ends() -> None:
    first = np.array([day_number(date(2026, 1, 1)), day_number(date(2026, 1, 1)), NEVER], np.int32)
    ends = term_end(first, np.array([0, 12, 24]))
    assert ends.tolist() == [day_number(date(2026, 1, 1)), day_number(date(2027, 1, 1)), NEVER]
