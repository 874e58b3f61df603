"""時効: until when a premium can be collected, or what was paid too much claimed back; what renews, holds and pauses the time.

One claim at a time, with days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from chassis.law import day_number, day_of, in_force, rule, term_end

DAY = timedelta(days=1)
LAW = "高齢者の医療の確保に関する法律 第160条、第161条; 民法 第147条から第152条（令和2年4月1日前は時効の中断・停止）"
OPEN_END = date.max


class LimitationEvent(StrEnum):
    """時効に関わる出来事."""

    NOTICE = "notice"
    """徴収の告知"""
    DEMAND = "demand"
    """督促"""
    PART_PAYMENT = "part_payment"
    """一部納付（債務の承認）"""
    PROMISE = "promise"
    """納付誓約（債務の承認）"""
    REMINDER = "reminder"
    """催告"""
    SEIZURE = "seizure"
    """差押え that ended because it was carried out or released after payment"""
    SEIZURE_WITHDRAWN = "seizure_withdrawn"
    """差押え that was withdrawn or set aside"""
    DEFERRAL = "deferral"
    """徴収猶予"""


class Effect(StrEnum):
    """更新 begins the time anew; 完成猶予 keeps it from being complete for some months after; both: holds while it lasts, then renews;
    停止: the time stands still while it lasts."""

    RENEWS = "renews"
    HOLDS = "holds"
    HOLDS_THEN_RENEWS = "holds_then_renews"
    PAUSES = "pauses"


@dataclass(frozen=True, slots=True)
class EffectTerms:
    """What an event does; `months`: how long it holds beyond its last day; `once`: only the first of a claim has the effect."""

    effect: Effect
    months: int = 0
    once: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its first and last day, alike where it takes a day; None: it lasts still."""

    event: LimitationEvent
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class LimitationStep:
    """What an event did: the effect, or None where it had none, and the day on which the right would be lost after it."""

    happened: Happened
    effect: Effect | None
    completes_on: date | None


@dataclass(frozen=True, slots=True)
class Limitation:
    """時効の完成: `begins`: first day that counts of the first term; `completes_on`: the first day without the right, None while an
    event that holds it lasts; the steps in the order of time.

    From `completes_on` on the claim is extinct without anybody saying so (地方自治法 第236条), and is written off (不納欠損).
    """

    begins: date
    completes_on: date | None
    steps: tuple[LimitationStep, ...]

    def is_complete(self, day: date) -> bool:
        """Whether the right is lost on a day, so that nothing may be collected and the claim is to be written off."""
        return self.completes_on is not None and self.completes_on <= day


@dataclass
class _Clock:
    """The running term: its first day, its natural end, until when it is held, and the last day on which it stands still."""

    first: date
    end: date
    months: int
    held_until: date
    paused_until: date

    @property
    def completes_on(self) -> date:
        return max(self.end, self.held_until)

    def renew(self, last: date) -> None:
        """Begin anew the day after, or the day after a pause that lasts beyond it."""
        self.first = max(self.first, max(last, self.paused_until) + DAY)
        self.end = max(self.end, after_months(self.first, self.months))

    def hold(self, until: date) -> None:
        self.held_until = max(self.held_until, until)

    def pause(self, first: date, last: date) -> None:
        """Lengthen the term by the days that stand still and are not paused already."""
        days = (last - max(first, self.first, self.paused_until + DAY)).days + 1
        self.end += timedelta(days=max(days, 0))
        self.paused_until = max(self.paused_until, last)


@in_force("2008-04-01", law=LAW)
def two_years_renewed_held_and_paused(
    *, due_on: date, happened: Iterable[Happened], effects: Mapping[LimitationEvent, EffectTerms], years: int
) -> Limitation:
    """時効の進行: `years` from the day after the due day (of a refund: after the day of the payment), moved by what happened.

    Nothing that happens after the right is lost revives it. A reminder while the time is only held has no effect (民法 第150条第2項).
    ValueError for an event that ends before it begins.
    """
    begins = due_on + DAY
    clock = _Clock(begins, after_months(begins, 12 * years), 12 * years, begins, due_on)
    steps: list[LimitationStep] = []
    seen: set[LimitationEvent] = set()
    for each in sorted(happened, key=lambda found: (found.first, found.last or OPEN_END, found.event)):
        if each.last is not None and each.last < each.first:
            raise ValueError(f"{each.event} begins on {each.first} and ends on {each.last}.")
        terms = effects[each.event]
        lost = each.first >= clock.completes_on
        spent = (terms.once and each.event in seen) or (each.event is LimitationEvent.REMINDER and each.first >= clock.end)
        seen.add(each.event)
        if not lost and not spent:
            _apply(clock, each, terms)
        steps.append(LimitationStep(each, None if lost or spent else terms.effect, _known(clock.completes_on)))
    return Limitation(begins, _known(clock.completes_on), tuple(steps))


limitation = rule("limitation_of_a_claim", two_years_renewed_held_and_paused)


def _apply(clock: _Clock, each: Happened, terms: EffectTerms) -> None:
    match terms.effect:
        case Effect.RENEWS:
            clock.renew(each.first)
        case _ if each.last is None:
            clock.hold(OPEN_END)
        case Effect.HOLDS:
            clock.hold(after_months(each.last + DAY, terms.months))
        case Effect.HOLDS_THEN_RENEWS:
            clock.renew(each.last)
        case Effect.PAUSES:
            clock.pause(each.first, each.last)


def after_months(first: date, months: int) -> date:
    """The first day after a term of months that begins with `first`."""
    end = day_of(int(term_end(np.array([day_number(first)], np.int32), months)[0]))
    assert end is not None
    return end


def _known(day: date) -> date | None:
    return None if day == OPEN_END else day
