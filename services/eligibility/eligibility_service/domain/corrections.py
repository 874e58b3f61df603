"""訂正・履歴修正・取消: what officers have corrected in the qualifications that follow from records and entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from contracts.events.eligibility import AcquisitionGround, LossReason

from eligibility_service.domain import contents as log
from eligibility_service.domain.entries import Entry

FOR_EVER: Final = date.max
"""Stands for the end of what goes on, while spans are compared."""
SCHEME: Final = date(2008, 4, 1)
"""制度の施行日: nobody is insured before it."""


@dataclass(frozen=True, slots=True)
class Period:
    """One qualification: insured from `acquired_on` up to, not including, `lost_on`. `cause_on` is what it is recognised by."""

    cause_on: date
    acquired_on: date
    ground: AcquisitionGround
    lost_on: date | None
    loss_reason: LossReason | None

    @property
    def end(self) -> date:
        return self.lost_on or FOR_EVER


@dataclass(frozen=True, slots=True)
class Decided:
    """The periods of a person, and the corrections that speak of a fact which holds no more (空振り)."""

    periods: tuple[Period, ...]
    without_effect: tuple[Entry, ...]


def as_corrected(periods: list[Period], counting: Sequence[Entry]) -> Decided:
    """訂正・履歴修正・取消, in their order. One speaks about a stated fact; where that no longer follows, it says nothing any more."""
    idle: list[Entry] = []
    for entry in counting:
        content = entry.content
        if not isinstance(content, log.Corrected | log.Amended | log.Cancelled):
            continue
        at = next((number for number, period in enumerate(periods) if period.acquired_on == content.acquired_on), None)
        after = None if at is None else _changed(periods, at, content)
        if after is None:
            idle.append(entry)
        else:
            periods = after
    return Decided(tuple(periods), tuple(idle))


def _changed(periods: list[Period], at: int, content: log.Corrected | log.Amended | log.Cancelled) -> list[Period] | None:
    """The periods after one correction of the period at `at`; None where it does not fit what holds now."""
    period = periods[at]
    before, after = periods[:at], periods[at + 1 :]
    match content:
        case log.Cancelled():
            return before + after
        case log.Corrected(fact="acquisition_ground", old=old, new=new):
            fits = period.ground == old
            return [*before, replace(period, ground=AcquisitionGround(new)), *after] if fits else None
        case log.Corrected(old=old, new=new):
            fits = period.loss_reason == old
            return [*before, replace(period, loss_reason=LossReason(new)), *after] if fits else None
        case log.Amended():
            amended = _amended(period, content)
            apart = (
                amended
                and amended.acquired_on < amended.end
                and amended.acquired_on >= SCHEME
                and (not before or before[-1].end <= amended.acquired_on)
                and (not after or amended.end <= after[0].acquired_on)
            )
            return [*before, amended, *after] if amended and apart else None


def _amended(period: Period, content: log.Amended) -> Period | None:
    """Only a day that was amended is set; one that was said to go on may since have been ended by the municipality."""
    found = replace(period, acquired_on=content.new_acquired_on)
    if content.new_lost_on == content.lost_on:
        return found
    closed = content.lost_on is None and content.new_lost_on is not None and period.end > content.new_lost_on
    if closed or period.lost_on == content.lost_on:
        return replace(found, lost_on=content.new_lost_on, loss_reason=content.new_loss_reason)
    return None
