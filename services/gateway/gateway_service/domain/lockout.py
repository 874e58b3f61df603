"""Guessing made slow: after some wrong passwords an account waits, longer each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FREE_FAILURES: Final = 4
FIRST_DELAY: Final = timedelta(seconds=30)
LONGEST_DELAY: Final = timedelta(minutes=30)


def locked_until(failures: int, now: datetime) -> datetime | None:
    """Until when an account with so many failures in a row takes no password; None while it still takes the next at once.

    The fifth failure waits 30 seconds, each further one twice as long, up to half an hour.
    """
    if failures <= FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES - 1, 10)
    return now + min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def waits(locked: datetime | None, now: datetime) -> timedelta | None:
    """How long is still to wait; None when nothing is."""
    return locked - now if locked and locked > now else None
