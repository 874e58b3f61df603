"""期間制限: what the law no longer lets anybody decide, and what becomes of the difference. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from chassis.binary_copy import Records
from chassis.law import DayNumbers, day_number

from premium_service.rules.time_limit import ARTICLE, ORDINARY, TimeLimit, closes_on


class LimitKind(StrEnum):
    """期間制限の区分: what became of a difference that can no longer be decided."""

    INCREASE_NOT_MADE = "increase_not_made"
    DECREASE_NOT_MADE = "decrease_not_made"
    SPECIAL_REFUND = "special_refund"
    SETTLED = "settled"


WORDS: Final = {
    LimitKind.INCREASE_NOT_MADE: "増額できません（期間制限）",
    LimitKind.DECREASE_NOT_MADE: "減額できません（特別返還金の定めが未登録）",
    LimitKind.SPECIAL_REFUND: "特別返還金の対象",
    LimitKind.SETTLED: "差額がなくなりました",
}


@dataclass(frozen=True, slots=True)
class YearLimit:
    """The limit of one fiscal year for some people: what collection has said of them, the calendar for everybody else."""

    rule: TimeLimit
    said: Mapping[bytes, tuple[str, date]]
    """insured_id (16 bytes) → way of collection and first due day."""

    def method_of(self, insured_id: bytes) -> tuple[str, date, bool]:
        """(way of collection, first due day, whether collection has said it)."""
        key = bytes(insured_id).ljust(16, b"\0")
        return (*self.said[key], True) if key in self.said else (ORDINARY, dict(self.rule.first_due)[ORDINARY], False)

    def closes_on(self, people: Records) -> DayNumbers:
        """The first day on which the premium of the year can no longer be decided, for rows with insured_id and acquired_on."""
        due = np.full(len(people), day_number(dict(self.rule.first_due)[ORDINARY]), np.int32)
        if self.said:
            ids = people["insured_id"]
            for row in np.flatnonzero(np.isin(ids, np.array(list(self.said), "S16"))):
                due[row] = day_number(self.method_of(ids[row])[1])
        found: DayNumbers = closes_on.on(self.rule.year_start)(
            first_due_on=due, acquired_on=people["acquired_on"].astype(np.int32), years=self.rule.years
        )
        return found

    def has_closed(self, people: Records, on: date) -> npt.NDArray[np.bool_]:
        """Whether the premium of each can no longer be decided on a day."""
        return self.closes_on(people) <= day_number(on)


def earliest_close(rule: TimeLimit) -> int:
    """The day number before which the year is open for everybody: no premium is due before its fiscal year begins."""
    due = np.array([day_number(rule.year_start)], np.int32)
    return int(closes_on.on(rule.year_start)(first_due_on=due, acquired_on=due, years=rule.years)[0])


def kind_of(*, in_force: int, right: int, refund_basis: str | None) -> LimitKind:
    """What becomes of the difference between the amount in force and the right one (yen)."""
    if right > in_force:
        return LimitKind.INCREASE_NOT_MADE
    if right == in_force:
        return LimitKind.SETTLED
    return LimitKind.SPECIAL_REFUND if refund_basis else LimitKind.DECREASE_NOT_MADE


def basis_of(kind: LimitKind, refund_basis: str | None) -> str:
    """The legal basis that an entry rests on."""
    return refund_basis if kind is LimitKind.SPECIAL_REFUND and refund_basis else ARTICLE


@dataclass(frozen=True, slots=True)
class Beyond:
    """Decided rows whose year is closed: their rows among the inputs, the amount that stays in force, and the right one (yen)."""

    rows: npt.NDArray[np.int64]
    in_force: npt.NDArray[Any]
    right: npt.NDArray[Any]
