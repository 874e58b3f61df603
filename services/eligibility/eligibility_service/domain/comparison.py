"""修正前後対照表: the qualifications before and after an act, side by side; and what changed with one that was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from contracts.eras import format_day

from eligibility_service.domain.corrections import Period
from eligibility_service.domain.history import GROUND, LOSS
from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.rules.copay.terms import CLASSES

Row = Mapping[str, Any]
_NONE: Final = "資格なし"


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
        return _NONE
    coming = period.acquired_on > today
    acquired = f"{format_day(period.acquired_on)} 取得{'予定' if coming else ''}（{GROUND[period.ground]}）"
    if period.lost_on is None or period.loss_reason is None:
        return acquired if coming else f"{acquired}、継続中"
    return f"{acquired}、{format_day(period.lost_on)} 喪失（{LOSS[period.loss_reason]}）"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table of what was recorded: of what, before and after, in words."""

    subject: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


Versions = tuple[Sequence[Row], Sequence[Row]]
"""Rows as they were known before, and after."""


def recorded(qualifications: Versions, rates: Versions) -> list[Line]:
    """A line for each qualification, whether it changed or not, and for each copay year whose rates changed."""
    told = [{row["ordinal"]: _qualification(row) for row in side} for side in qualifications]
    lines = [
        Line(f"資格（{ordinal}番目）", *(side.get(ordinal, _NONE) for side in told)) for ordinal in sorted(told[0].keys() | told[1].keys())
    ]
    years: list[dict[int, list[str]]] = [{}, {}]
    for found, side in zip(years, rates, strict=True):
        for row in side:
            found.setdefault(row["copay_year"], []).append(_span(row))
    for year in sorted(years[0].keys() | years[1].keys()):
        before, after = ("、".join(side.get(year, ["判定なし"])) for side in years)
        if before != after:
            lines.append(Line(f"負担割合（{CopayYear(year).name}）", before, after))
    return lines


def _qualification(row: Row) -> str:
    number, acquired, lost = f"被保険者番号 {row['insured_number']}", row["acquired_on"], row["lost_on"]
    if lost is not None and lost <= acquired:
        return f"{_NONE}（{number}、取得の取消）"
    begun = f"{number}、{format_day(acquired)} 取得（{GROUND[row['acquisition_ground']]}）"
    return f"{begun}、{format_day(lost)} 喪失（{LOSS[row['loss_reason']]}）" if lost else f"{begun}、継続中"


def _span(row: Row) -> str:
    days = f"{format_day(row['valid_from'])}から{format_day(row['valid_until'])}まで"
    return f"{days} {row['rate_percent'] // 10}割（{CLASSES[LimitClass(row['limit_class'])][0]}）"
