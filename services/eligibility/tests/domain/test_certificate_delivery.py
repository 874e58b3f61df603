"""Where a certificate may go next, and what is done with one that came back."""

from __future__ import annotations

from datetime import date

import pytest
from eligibility_service.domain.certificate_delivery import Delivery, OnItsWay, OutOfOrder, alarm_day, moved, outstanding, what_to_do


@pytest.mark.parametrize(
    ("present", "to"),
    [
        (Delivery.MADE, Delivery.SENT),
        (Delivery.MADE, Delivery.HANDED_OVER),
        (Delivery.SENT, Delivery.RETURNED),
        (Delivery.RETURNED, Delivery.SENT),
        (Delivery.RETURNED, Delivery.KEPT),
        (Delivery.KEPT, Delivery.HANDED_OVER),
    ],
)
def test_a_certificate_goes_its_way(present: Delivery, to: Delivery) -> None:
    """E-20."""
    assert moved(present, to) is to


@pytest.mark.parametrize(
    ("present", "to"), [(Delivery.MADE, Delivery.RECEIVED), (Delivery.RECEIVED, Delivery.RETURNED), (Delivery.HANDED_OVER, Delivery.SENT)]
)
def test_what_cannot_have_happened_is_refused_in_words(present: Delivery, to: Delivery) -> None:
    with pytest.raises(OutOfOrder, match="にはできません"):
        moved(present, to)


def test_one_that_was_sent_by_registered_post_has_not_arrived_until_it_is_received() -> None:
    assert Delivery.SENT in outstanding(confirmed=True)
    assert Delivery.SENT not in outstanding(confirmed=False)


def test_the_alarm_is_a_week_before_the_first_day_or_a_week_after_a_late_issue() -> None:
    """I-05."""
    assert alarm_day(date(2026, 8, 1), date(2026, 7, 10), days=7) == date(2026, 7, 25)
    assert alarm_day(date(2026, 7, 13), date(2026, 7, 13), days=7) == date(2026, 7, 20)


def test_a_returned_certificate_says_what_to_do() -> None:
    assert "回収済" in what_to_do(OnItsWay(1, has_other_address=True, is_insured=False))
    assert "再送" in what_to_do(OnItsWay(1, has_other_address=True, is_insured=True))
    assert "居所を確かめ" in what_to_do(OnItsWay(1, has_other_address=False, is_insured=True))
    assert "居所不明" in what_to_do(OnItsWay(2, has_other_address=False, is_insured=True))
