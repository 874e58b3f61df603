"""The only place that reads the clock. Rules and handlers get the day and the time as arguments."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

JAPAN = ZoneInfo("Asia/Tokyo")
_NAMES = uuid.UUID("6f6b6f6b-6900-5000-8000-6b6f6b690000")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time of record (UTC) and business day (Japan); a training installation sets the business day."""

    business_date: date | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251

    def today(self) -> date:
        return self.business_date or datetime.now(JAPAN).date()  # noqa: TID251


def uuid7() -> uuid.UUID:
    """A time-ordered identifier (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF000 << 64)) | (0x7000 << 64)
    value = (value & ~(0xC000 << 48)) | (0x8000 << 48)
    return uuid.UUID(int=value)


def derived_id(*parts: object) -> uuid.UUID:
    """An identifier that follows from its parts, so that a re-run finds what it made before."""
    return uuid.uuid5(_NAMES, "\x1f".join(map(str, parts)))
