"""Which certificate the law of the day gives."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from chassis.law import day_number
from eligibility_service.rules.certificates import Holding, Kind, Reason, certificate_kind, certificate_year

CARD, CONFIRMATION, NOTICE = Kind.INSURANCE_CARD, Kind.ELIGIBILITY_CONFIRMATION, Kind.ELIGIBILITY_NOTICE


@pytest.mark.parametrize(
    ("on", "born_on", "holding", "kind", "reason"),
    [
        (date(2008, 4, 1), date(1920, 1, 1), Holding.UNKNOWN, CARD, Reason.EVERYBODY),
        (date(2024, 12, 1), date(1940, 1, 1), Holding.HOLDS, CARD, Reason.EVERYBODY),
        (date(2024, 12, 2), date(1940, 1, 1), Holding.HOLDS, CONFIRMATION, Reason.EVERYBODY),
        (date(2026, 7, 31), date(1950, 1, 1), Holding.HOLDS, CONFIRMATION, Reason.EVERYBODY),
        (date(2026, 8, 1), date(1941, 8, 1), Holding.HOLDS, CONFIRMATION, Reason.AGE),  # 85 on 1 August 2026
        (date(2026, 8, 1), date(1941, 8, 2), Holding.HOLDS, NOTICE, Reason.HOLDS_CARD),
        (date(2026, 8, 1), date(1950, 1, 1), Holding.HOLDS_NOT, CONFIRMATION, Reason.HOLDS_NO_CARD),
        (date(2026, 8, 1), date(1950, 1, 1), Holding.UNKNOWN, CONFIRMATION, Reason.CARD_UNKNOWN),
    ],
)
def test_the_kind_follows_the_law_of_the_day(on: date, born_on: date, holding: Holding, kind: Kind, reason: Reason) -> None:
    begins, _ = certificate_year(on)
    choice = certificate_kind.on(on)(
        born_on=np.array([day_number(born_on)], np.int32),
        holding=np.array([holding], np.int8),
        period_begins=np.array([day_number(begins)], np.int32),
    )

    assert (choice.kind[0], choice.reason[0]) == (kind, reason)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 7, 31), date(2025, 8, 1), date(2026, 7, 31)),
        (date(2026, 8, 1), date(2026, 8, 1), date(2027, 7, 31)),
        (date(2027, 1, 1), date(2026, 8, 1), date(2027, 7, 31)),
    ],
)
def test_a_certificate_runs_to_31_july(day: date, first: date, last: date) -> None:
    assert certificate_year(day) == (first, last)
