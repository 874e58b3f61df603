"""区域内の転居: somebody who moves between two municipalities of the union stays insured, under the number that was given before.

Each municipality keeps its own resident; that two of them are one person is decided by 名寄せ. Here their records and entries are one
life, and each qualification of it is divided where the person moved on. Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from contracts.events.eligibility import AcquisitionGround, LossReason

from eligibility_service.domain.corrections import FOR_EVER, Period
from eligibility_service.domain.entries import Entry, standing
from eligibility_service.domain.periods import recognisable, settled, uncorrected
from eligibility_service.domain.residence import Residence

Person = tuple[str, str]
_DEATH = "3"


class Life(NamedTuple):
    """What one municipality knows of a person: `residences` as `replay` gives them, `entries` the log of this resident."""

    born_on: date
    residences: Sequence[Residence]
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Part(Period):
    """A qualification in one municipality. `continues`: it goes on from the part before it, and carries its number."""

    person: Person
    continues: bool


class Lived(NamedTuple):
    """From `since` up to, not including, `until` the person lived where `person` is registered."""

    since: date
    until: date
    person: Person
    residence: Residence

    @property
    def last_day(self) -> date | None:
        return None if self.until == FOR_EVER else self.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moved:
    """The parts of everybody linked, in order and apart, and the corrections that speak of a fact which holds no more."""

    parts: tuple[Part, ...]
    without_effect: tuple[Entry, ...]


def decided_together(lives: dict[Person, Life], *, today: date) -> Moved:
    """What holds for residents who are one person. Law: 高齢者の医療の確保に関する法律 第50条・第53条: only leaving the area loses.

    Where the registers differ about the birth, that of the municipality counts in which the person has lived last.
    """
    lived = places(lives)
    if not lived:
        return Moved((), ())
    counting = standing(sorted((entry for life in lives.values() for entry in life.entries), key=lambda one: one.position))
    born_on = lives[lived[-1].person].born_on
    whole = uncorrected(born_on, _joined(lived, day_of_death(lives)), counting)
    parts: list[Period] = [part for period in whole for part in _divided(period, lived)]
    for person in lives:
        own = recognisable([part for part in parts if isinstance(part, Part) and part.person == person])
        parts = [one for one in parts if isinstance(one, Part) and one.person != person] + own
    parts.sort(key=lambda one: one.acquired_on)
    corrected = settled(born_on, parts, counting, today=today)
    return Moved(tuple(_without_cancelled_moves([one for one in corrected.periods if isinstance(one, Part)])), corrected.without_effect)


def _without_cancelled_moves(parts: Sequence[Part]) -> list[Part]:
    """Where the qualification elsewhere was cancelled between a move away and the move back, the person has not moved: one goes on."""
    found: list[Part] = []
    for part in parts:
        before = found[-1] if found else None
        if part.continues and before and before.person == part.person and before.loss_reason is LossReason.MOVED_WITHIN_UNION:
            found[-1] = replace(before, lost_on=part.lost_on, loss_reason=part.loss_reason)
        else:
            found.append(part)
    return found


def day_of_death(lives: dict[Person, Life]) -> date | None:
    """The day on which any register says that the person died; one that says more of the person afterwards has taken it back."""
    said = (life.residences[-1] for life in lives.values() if life.residences)
    return min((one.ended_on for one in said if one.status == _DEATH and one.ended_on), default=None)


def places(lives: dict[Person, Life]) -> list[Lived]:
    """Where the person lived: on each day in the residence that began last, and nowhere after a death. In order and apart."""
    known = [(residence, person) for person, life in lives.items() for residence in life.residences]
    death = day_of_death(lives)
    last = FOR_EVER if death is None else death + timedelta(days=1)
    spans = sorted((residence.since, person, min(_end(residence), last), residence) for residence, person in known)
    days = sorted({day for since, _, end, _ in spans for day in (since, end)})
    found: list[Lived] = []
    for day, following in itertools.pairwise(days):
        here = max(((since, person, end, residence) for since, person, end, residence in spans if since <= day < end), default=None)
        if here is None:
            continue
        _, person, _, residence = here
        if found and found[-1].until == day and found[-1].person == person and found[-1].residence == residence:
            found[-1] = found[-1]._replace(until=following)
        else:
            found.append(Lived(day, following, person, residence))
    return found


def _end(residence: Residence) -> date:
    return FOR_EVER if residence.ended_on is None else residence.ended_on + timedelta(days=1)


def _joined(lived: Sequence[Lived], death: date | None) -> list[Residence]:
    """The places as residences in the union's area: one that follows on another municipality's goes on with it."""
    found: list[Residence] = []
    before: Lived | None = None
    for place in lived:
        status = place.residence.status if place.residence.ended_on == place.last_day else _MOVED_ON
        if death is not None and place.last_day == death:
            status = _DEATH
        joins = before is not None and before.until == place.since and before.person != place.person
        since = found.pop().since if joins else place.since
        found.append(Residence(since, place.last_day, status))
        before = place
    return found


_MOVED_ON = "2"
"""A place that another residence took over; it is always joined with what follows."""


def _divided(period: Period, lived: Sequence[Lived]) -> list[Part]:
    """A qualification divided at each move to another municipality. Days in facilities elsewhere belong to where the person left from."""
    homes = [place for place in lived if place.since < period.end]
    home = next((place for place in reversed(homes) if place.since <= period.acquired_on), homes[0])
    first = max(period.cause_on, home.since) if home.since <= period.acquired_on else period.cause_on
    parts = [_part(replace(period, cause_on=first), home.person, continues=False)]
    for place in homes:
        if place.since <= period.acquired_on or place.person == parts[-1].person:
            continue
        parts[-1] = replace(parts[-1], lost_on=place.since, loss_reason=LossReason.MOVED_WITHIN_UNION)
        moved_in = replace(period, cause_on=place.since, acquired_on=place.since, ground=AcquisitionGround.MOVED_WITHIN_UNION)
        parts.append(_part(moved_in, place.person, continues=True))
    return parts


def _part(period: Period, person: Person, *, continues: bool) -> Part:
    return Part(period.cause_on, period.acquired_on, period.ground, period.lost_on, period.loss_reason, person=person, continues=continues)
