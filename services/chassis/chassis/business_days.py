"""業務日: the days on which offices work, and the hour of a business day. Law: 地方自治法 第4条の2."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import jpholiday

from chassis.clock import JAPAN

SATURDAY: Final = 5
_YEAR_END: Final = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})


def is_business_day(day: date) -> bool:
    """Neither Saturday nor Sunday, nor a holiday, nor 29 December to 3 January (地方自治法 第4条の2第2項)."""
    return day.weekday() < SATURDAY and (day.month, day.day) not in _YEAR_END and not jpholiday.is_holiday(day)


def business_day_after(day: date) -> date:
    """The next business day after a day."""
    found = day + timedelta(days=1)
    while not is_business_day(found):
        found += timedelta(days=1)
    return found


def business_moment(today: date, now: datetime) -> datetime:
    """The present hour of the business day, in Japan: the day that is set, the hour of the clock."""
    return datetime.combine(today, now.astimezone(JAPAN).time(), JAPAN)
