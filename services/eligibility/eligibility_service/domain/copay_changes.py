"""負担割合の変更: which spans brought another rate than what was believed before, and which rate that was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

Row = Mapping[str, Any]


def rate_before(span: Row, present: Sequence[Row], superseded: Sequence[Row]) -> int | None:
    """The rate (percent) that the first day of `span` had before it was decided differently; None where the rate is not another.

    It is what was last believed of that day, where that is superseded, else what is believed of the day before. Rows have `valid_from`,
    `valid_until`, `rate_percent`, and superseded ones `recorded_until`.
    """
    day = span["valid_from"]
    believed = max((row for row in superseded if _covers(row, day)), key=lambda row: row["recorded_until"], default=None)
    preceding = next((row for row in present if _covers(row, day - timedelta(days=1))), None)
    for row in (believed, preceding):
        if row is not None and row["rate_percent"] != span["rate_percent"]:
            return int(row["rate_percent"])
    return None


def _covers(row: Row, day: Any) -> bool:
    return bool(row["valid_from"] <= day <= row["valid_until"])
