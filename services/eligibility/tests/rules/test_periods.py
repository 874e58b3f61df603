"""How long each certificate is valid."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from eligibility_service.law import insurance_card_last_day, long_arrears_months, long_stay_days, period_of, settings_of
from eligibility_service.rules.limits import Paper, limit_paper
from eligibility_service.rules.periods import (
    certificate_period,
    effective_on,
    has_lasted,
    is_long_stay,
    long_stay_shown_from,
    months_after,
    short_term_end,
)

YEARLY: dict[str, Any] = {"begins": date(2008, 8, 1), "years": 1}


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2022, 7, 31), date(2021, 8, 1), date(2022, 7, 31)),
        (date(2022, 8, 1), date(2022, 8, 1), date(2022, 9, 30)),
        (date(2022, 9, 30), date(2022, 8, 1), date(2022, 9, 30)),
        (date(2022, 10, 1), date(2022, 10, 1), date(2023, 7, 31)),
        (date(2023, 8, 1), date(2023, 8, 1), date(2024, 7, 31)),
    ],
)
def test_in_2022_everybody_got_two_certificates(day: date, first: date, last: date) -> None:
    """E-08, E-28: 8月1日から9月30日までと、10月1日から."""
    assert certificate_period(day, **YEARLY, issued_anew=(date(2022, 10, 1),)) == (first, last)


def test_a_union_may_give_certificates_of_two_years() -> None:
    assert certificate_period(date(2021, 7, 31), begins=date(2008, 8, 1), years=2) == (date(2020, 8, 1), date(2022, 7, 31))


def test_the_periods_of_the_sample_union_follow_each_other_without_gap() -> None:
    day = date(2008, 4, 1)
    while day < date(2027, 8, 1):
        _, last = period_of("13", on=day)
        following = date.fromordinal(last.toordinal() + 1)
        if following < date(2027, 8, 1):
            assert period_of("13", on=following)[0] == following
        day = following
    assert period_of("13", on=date(2022, 9, 1)) == (date(2022, 8, 1), date(2022, 9, 30))


def test_no_insurance_card_is_valid_after_july_2025_and_its_short_form_has_ended() -> None:
    assert insurance_card_last_day() == date(2025, 7, 31)
    assert settings_of("13", on=date(2024, 12, 1)).short_term_months == 6
    assert settings_of("13", on=date(2024, 12, 2)).short_term_months is None


def test_a_short_term_card_never_outlives_the_regular_one() -> None:
    assert short_term_end(date(2023, 8, 1), months=6, regular_end=date(2024, 7, 31)) == date(2024, 1, 31)
    assert short_term_end(date(2024, 5, 1), months=6, regular_end=date(2024, 7, 31)) == date(2024, 7, 31)


def test_a_class_counts_from_the_first_day_of_the_month_of_application() -> None:
    """E-10, W-02: seen to fail with the day of application itself."""
    assert effective_on(date(2024, 9, 17), acquired_on=date(2020, 6, 1)) == date(2024, 9, 1)
    assert effective_on(date(2024, 9, 17), acquired_on=date(2024, 9, 10)) == date(2024, 9, 10)
    assert long_stay_shown_from(date(2024, 12, 31)) == date(2025, 1, 1)


def test_a_long_stay_is_more_than_ninety_days() -> None:
    assert not is_long_stay(90, more_than=long_stay_days(date(2024, 9, 1)))
    assert is_long_stay(91, more_than=long_stay_days(date(2024, 9, 1)))


def test_a_year_of_arrears_is_over_on_the_day_after() -> None:
    """E-23."""
    months = long_arrears_months(date(2023, 8, 1))
    assert not has_lasted(date(2022, 7, 31), on=date(2023, 7, 31), months=months)
    assert has_lasted(date(2022, 7, 31), on=date(2023, 8, 1), months=months)
    assert not has_lasted(None, on=date(2023, 8, 1), months=months)
    assert months_after(date(2023, 2, 28), 12) == date(2024, 2, 28)
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("on", "limit_class", "paper"),
    [
        (date(2010, 4, 1), "low-2", Paper.REDUCTION),
        (date(2018, 7, 31), "working", Paper.NONE),
        (date(2018, 8, 1), "working-2", Paper.LIMIT),
        (date(2018, 8, 1), "working-3", Paper.NONE),
        (date(2024, 12, 1), "low-1", Paper.REDUCTION),
        (date(2024, 12, 1), "general-1", Paper.NONE),
        (date(2024, 12, 2), "low-1", Paper.PRINTED),
    ],
)
def test_what_shows_a_class_follows_the_law_of_the_day(on: date, limit_class: str, paper: Paper) -> None:
    """E-10."""
    assert limit_paper.on(on)(limit_class=limit_class) is paper
