"""修正前後対照表: the qualifications before and after an act, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from contracts.eras import format_day

from eligibility_service.domain.corrections import Period
from eligibility_service.domain.history import GROUND, LOSS


def side_by_side(before: Sequence[Period], after: Sequence[Period], *, today: date) -> list[dict[str, Any]]:
    """One row for each qualification, recognised by its cause: what it is and what it would be (Japanese), and whether they differ."""
    causes = sorted({period.cause_on for period in (*before, *after)})
    rows = []
    for cause_on in causes:
        one, other = (next((period for period in side if period.cause_on == cause_on), None) for side in (before, after))
        rows.append({"before": in_words(one, today=today), "after": in_words(other, today=today), "differs": one != other})
    return rows


def in_words(period: Period | None, *, today: date) -> str:
    """A qualification as people read it."""
    if period is None:
        return "資格なし"
    coming = period.acquired_on > today
    acquired = f"{format_day(period.acquired_on)} 取得{'予定' if coming else ''}（{GROUND[period.ground]}）"
    if period.lost_on is None or period.loss_reason is None:
        return acquired if coming else f"{acquired}、継続中"
    return f"{acquired}、{format_day(period.lost_on)} 喪失（{LOSS[period.loss_reason]}）"
