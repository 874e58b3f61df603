"""What has happened to people on the register up to a day: moving in and within, moving out, death, a new head."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tests.simulators.municipality import codes
from tests.simulators.municipality.ages import WOMEN, day_number
from tests.simulators.municipality.chance import Days, Flags, Numbers, days_between, stream
from tests.simulators.municipality.households import ELDER, YEAR, Households

LAST_YEAR = 364
SETTLED_SINCE = date(1955, 1, 1)


@dataclass(slots=True)
class Lives:
    """The register columns of every person (one entry each; days since 1970, codes as integers)."""

    resident_since: Days
    changed_on: Days
    notified_on: Days
    reason: Numbers
    status: Numbers
    history: Numbers
    head: Flags
    relationship: Numbers

    def happen(self, who: Flags, reason: int, days: Days) -> None:
        """One more entry in the history of these people; `days` has one entry per person of the municipality."""
        self.changed_on = np.where(who, np.maximum(days, self.changed_on), self.changed_on)
        self.reason = np.where(who, reason, self.reason)
        self.history = self.history + who


def live(seed: int, municipality_code: str, on: date, households: Households, *, fates: dict[int, int]) -> Lives:
    """The lives of all people up to a day; `fates` says of some households what has become of them in the last year (status)."""
    chance = stream(seed, municipality_code, "lives")
    today, people, count = day_number(on), households.people, len(households.first)
    household = households.household
    spared = np.zeros(count, dtype=np.bool_)
    spared[list(fates)] = True

    settled = days_between(chance, np.full(count, day_number(SETTLED_SINCE)), np.full(count, today - LAST_YEAR - 40))
    is_new = (chance.random(count) < 0.015) & ~spared
    settled = np.where(is_new, days_between(chance, np.full(count, today - LAST_YEAR), np.full(count, today - 3)), settled)
    since = np.maximum(settled[household], households.born)
    lives = Lives(
        resident_since=since,
        changed_on=since.copy(),
        notified_on=since.copy(),
        reason=np.where(households.born >= settled[household], codes.BORN, codes.MOVED_IN),
        status=np.full(people, codes.RESIDENT),
        history=np.ones(people, dtype=np.int64),
        head=households.head.copy(),
        relationship=np.zeros(people, dtype=np.int64),
    )
    _earlier_changes(chance, lives, today, household, is_new)
    _removals(chance, lives, today, households, fates)
    lives.relationship = _succession(lives, households, today)
    lives.notified_on = np.minimum(lives.changed_on + (chance.random(people) * 14).astype(np.int64), today)
    return lives


def _earlier_changes(chance: np.random.Generator, lives: Lives, today: int, household: Numbers, is_new: Flags) -> None:
    people, count = len(household), len(is_new)
    moved = (chance.random(count) < 0.28) & ~is_new
    day = days_between(chance, np.full(count, day_number(date(1985, 1, 1))), np.full(count, today - 20))[household]
    who = moved[household] & (day > lives.resident_since)
    lives.happen(who, codes.MOVED_WITHIN, day)
    lives.history = lives.history + who * chance.geometric(0.6, people) - who
    for reason, share in ((codes.NAME_CHANGED, 0.012), (codes.CORRECTED_BY_OFFICE, 0.005)):
        lives.happen(chance.random(people) < share, reason, days_between(chance, lives.changed_on, np.full(people, today - 10)))


def _removals(chance: np.random.Generator, lives: Lives, today: int, households: Households, fates: dict[int, int]) -> None:
    """Deaths and departures of the last twelve months; earlier ones are no longer sent."""
    people, count, household = households.people, len(households.first), households.household
    fate = np.zeros(count, dtype=np.int64)
    fate[list(fates)] = list(fates.values())
    free = (fate[household] == 0) & (lives.changed_on < today)
    ages = (today - households.born) / YEAR
    mortality = 0.004 * np.exp(0.1 * (ages - 70)) * np.where(households.sex == WOMEN, 0.8, 1.3)
    day = days_between(chance, np.maximum(lives.changed_on + 1, today - LAST_YEAR), np.full(people, today))
    died = (chance.random(people) < np.minimum(mortality, 0.15)) & (ages >= 60) & free
    died |= (fate[household] == codes.DEAD) & (households.role == ELDER)
    lives.status = np.where(died, codes.DEAD, lives.status)
    lives.happen(died, codes.DIED, day)

    small = np.bincount(household, minlength=count) <= 2
    left = ((chance.random(count) < 0.008) & small)[household] & ~died & free
    left |= fate[household] == codes.GONE
    struck = (chance.random(people) < 0.0005) & ~died & ~left & free & ~lives.head
    day = np.maximum(day[households.first][household], lives.changed_on + 1)
    for who, status, reason in ((left, codes.GONE, codes.MOVED_OUT), (struck, codes.REMOVED, codes.REMOVED_BY_OFFICE)):
        lives.status = np.where(who, status, lives.status)
        lives.happen(who, reason, day)


def _succession(lives: Lives, households: Households, today: int) -> Numbers:
    """Where the head has gone and others remain, the eldest adult of the nearest role follows; returns 続柄コード of everyone.

    Who has gone keeps the code of the last day, so that a former head is still 02: a reader must look at the status.
    """
    first, household, role, sex = households.first, households.household, households.role, households.sex
    stays = lives.status == codes.RESIDENT
    old_head = np.flatnonzero(lives.head)
    rank = np.where(stays, role * 8 + (np.arange(len(role)) - first[household]) + 100 * (today - households.born < 18 * YEAR), 1_000)
    best = np.minimum.reduceat(rank, first)
    follows = ~stays[old_head] & (best < 1_000)
    new_head = (rank == best[household]) & follows[household]

    before = codes.relationship(role[old_head][household], role, sex)
    relation = np.where(lives.head, codes.HEAD_CODE, before)
    day = np.maximum(lives.changed_on[old_head][household], lives.changed_on)
    affected = follows[household] & stays
    lives.happen(affected, codes.HEAD_CHANGED, day)
    head_role = np.zeros(len(first), dtype=np.int64)
    head_role[household[new_head]] = role[new_head]
    after = np.where(new_head, codes.HEAD_CODE, codes.relationship(head_role[household], role, sex))
    lives.head = np.where(affected, new_head, lives.head)
    return np.where(affected, after, relation)
