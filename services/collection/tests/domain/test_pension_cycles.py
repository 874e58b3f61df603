"""情報交換の日程: every capture has its days, the cut-off is a business day before them, and a late change misses a payment (I-04)."""

from __future__ import annotations

from datetime import date

import pytest
from chassis.business_days import is_business_day
from collection_service.law.pension_exchange import cycle_of, heeded_from, payment_number
from contracts.layouts.site_codes import Notice

CAPTURES = [date(year, month, 1) for year in range(2008, 2028) for month in (2, 4, 6, 8, 10, 12) if (year, month) > (2008, 2)]


@pytest.mark.parametrize(
    ("captured_on", "request_notice", "arrives_by", "due_on", "answer_by", "starts_on", "number"),
    [
        (date(2026, 4, 1), Notice.REQUEST, date(2026, 5, 29), date(2026, 7, 31), date(2026, 9, 30), date(2026, 10, 1), 104),
        (date(2026, 10, 1), Notice.ADDED_REQUEST, date(2026, 12, 10), date(2027, 1, 18), date(2027, 3, 31), date(2027, 4, 1), 101),
        (date(2026, 8, 1), Notice.ADDED_REQUEST, date(2026, 10, 9), date(2026, 11, 20), date(2027, 1, 29), date(2027, 2, 1), 106),
    ],
)
def test_a_capture_sets_the_days_of_its_cycle(
    captured_on: date, request_notice: Notice, arrives_by: date, due_on: date, answer_by: date, starts_on: date, number: int
) -> None:
    found = cycle_of(captured_on)
    assert (found.request, found.arrives_by, found.due_on, found.answer_by) == (request_notice, arrives_by, due_on, answer_by)
    assert (found.starts_on, found.number) == (starts_on, number)


@pytest.mark.parametrize("captured_on", CAPTURES)
def test_every_cycle_runs_forward_and_ends_on_business_days(captured_on: date) -> None:
    found = cycle_of(captured_on)
    days = [captured_on, found.arrives_by, found.due_on, found.answer_by, found.starts_on]
    assert days == sorted(days)
    assert all(is_business_day(day) for day in days[1:4])


def test_the_days_are_provisional_as_long_as_one_of_them_is() -> None:
    assert all(cycle_of(date(2026, month, 1)).provisional for month in (2, 4, 6, 8, 10, 12))


@pytest.mark.parametrize("wrong", [date(2026, 4, 2), date(2026, 5, 1)])
def test_another_day_is_no_capture(wrong: date) -> None:
    with pytest.raises(ValueError, match="no capture"):
        cycle_of(wrong)


@pytest.mark.parametrize(
    ("sent_on", "heeded"),
    [
        (date(2026, 10, 20), date(2026, 12, 1)),
        (date(2026, 11, 20), date(2027, 2, 1)),
        (date(2026, 12, 20), date(2027, 2, 1)),
        (date(2027, 1, 8), date(2027, 4, 1)),
    ],
)
def test_a_change_sent_in_an_odd_month_misses_the_next_payment(sent_on: date, heeded: date) -> None:
    assert heeded_from(sent_on) == heeded


def test_payments_are_numbered_from_april() -> None:
    assert [payment_number(month) for month in (4, 6, 8, 10, 12, 2)] == [101, 102, 103, 104, 105, 106]
