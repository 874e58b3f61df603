"""賦課決定の期間制限: until when the premium of a fiscal year can be decided, higher or lower."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from chassis.law import NEVER, DayNumbers, in_force, rule, term_end

ARTICLE = "高齢者の医療の確保に関する法律 第160条の2"
ORDINARY, SPECIAL = "ordinary", "special"
"""普通徴収 and 特別徴収, as collection names them."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """What limits one union and fiscal year. `years` is None where no law limits the year; `first_due`: by the way of collection, for
    whom collection has said nothing; `refund_basis`: 特別返還金の定め, None where the union has none that is known."""

    year_start: date
    years: int | None
    first_due: tuple[tuple[str, date], ...]
    refund_basis: str | None


@in_force("2008-04-01", until="2015-04-01", law="高齢者の医療の確保に関する法律（平成27年4月1日前は賦課決定の期間制限の定めなし）")
def no_limit(*, first_due_on: DayNumbers, acquired_on: DayNumbers, years: int | None) -> DayNumbers:
    """Premiums of fiscal years before 2015 can be decided at any time."""
    return np.full(len(first_due_on), NEVER, np.int32)


@in_force("2015-04-01", law=ARTICLE)
def two_years_after_the_first_due_day(*, first_due_on: DayNumbers, acquired_on: DayNumbers, years: int | None) -> DayNumbers:
    """賦課決定のできなくなる日: the first day on which the premium of the year cannot be decided any more, one entry per person.

    The years count from the day after the first due day of the fiscal year; who acquires later is counted from the day after the
    acquisition, since nothing could be charged before.
    """
    if years is None:
        raise ValueError("The years of the limit are not among the parameters of this fiscal year.")
    return term_end(np.maximum(first_due_on, acquired_on).astype(np.int64) + 1, 12 * years)


closes_on = rule("assessment_closes_on", no_limit, two_years_after_the_first_due_day)
