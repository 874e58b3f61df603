"""受け渡しの予定: which file is expected by which hour of which business day, and what has become of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from chassis.business_days import business_day_after, is_business_day
from chassis.clock import JAPAN


class Direction(StrEnum):
    """up: from a municipality to the union; down: from the union to a municipality."""

    UP = "up"
    DOWN = "down"


class State(StrEnum):
    """What has become of an expected file."""

    COMING = "coming"
    """Its hour has not come."""
    DONE = "done"
    """Arrived, or confirmed, by its hour."""
    DONE_LATE = "done_late"
    OVERDUE = "overdue"
    """Its hour has passed; its day has not."""
    MISSING = "missing"
    """Its day has passed."""

    @property
    def alerts(self) -> bool:
        return self in (State.OVERDUE, State.MISSING)


@dataclass(frozen=True, slots=True)
class Expected:
    """A setting: a file of this kind for each business day by this hour in Japan (down: confirmed by this hour of the next one).

    It holds from `since` on and before `until`.
    """

    direction: Direction
    municipality_code: str
    kind: str
    by_hour: time
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until) and is_business_day(day)


@dataclass(frozen=True, slots=True)
class Happened:
    """A file of a business day: when it was made or had arrived, and, down, when it was fetched and confirmed."""

    direction: Direction
    municipality_code: str
    kind: str
    day: date
    generation: int
    rows: int
    at: datetime
    fetched_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def done_at(self) -> datetime | None:
        """Up: it was accepted; down: the municipality has confirmed it."""
        return self.at if self.direction is Direction.UP else self.confirmed_at


@dataclass(frozen=True, slots=True)
class Slot:
    """An expected file of one day, and the files that came of it; `refused`: some came that could not be accepted."""

    expected: Expected
    day: date
    state: State
    files: tuple[Happened, ...]
    refused: int = 0

    @property
    def step(self) -> str:
        """Down: how far the last file has got."""
        if not self.files:
            return "not_made"
        last = self.files[-1]
        return "confirmed" if last.confirmed_at else "fetched" if last.fetched_at else "offered"


def due_at(expected: Expected, day: date) -> datetime:
    """The moment by which the file of a day has arrived; down, has been confirmed: it is made in the evening, and due the next day."""
    return datetime.combine(day if expected.direction is Direction.UP else business_day_after(day), expected.by_hour, JAPAN)


def state_of(expected: Expected, day: date, files: Sequence[Happened], *, at: datetime) -> State:
    """What has become of an expected file at a moment of the business calendar (chassis.business_days.business_moment).

    Every file of the day counts: one that arrived in time does not make up for a further one, down, that nobody has confirmed.
    """
    done = [file.done_at for file in files]
    if done and None not in done:
        last = max(moment for moment in done if moment is not None)
        first = min(moment for moment in done if moment is not None)
        decisive = first if expected.direction is Direction.UP else last
        return State.DONE if decisive <= due_at(expected, day) else State.DONE_LATE
    due = due_at(expected, day)
    if at.date() > due.date():
        return State.MISSING
    return State.OVERDUE if at >= due else State.COMING


def board(
    settings: Iterable[Expected],
    happened: Iterable[Happened],
    refused: dict[tuple[str, str, date], int],
    days: Sequence[date],
    *,
    at: datetime,
) -> list[Slot]:
    """Every expected file of some days: by day, direction, municipality and kind."""
    files: dict[tuple[Direction, str, str, date], list[Happened]] = {}
    for file in happened:
        files.setdefault((file.direction, file.municipality_code, file.kind, file.day), []).append(file)
    slots = []
    for expected in settings:
        for day in days:
            if expected.holds_on(day):
                key = (expected.direction, expected.municipality_code, expected.kind, day)
                found = sorted(files.get(key, ()), key=lambda file: file.generation)
                is_up = expected.direction is Direction.UP
                turned_away = refused.get((expected.municipality_code, expected.kind, day), 0) if is_up else 0
                slots.append(Slot(expected, day, state_of(expected, day, found, at=at), tuple(found), turned_away))
    return sorted(
        slots, key=lambda slot: (slot.day, slot.expected.direction == "down", slot.expected.municipality_code, slot.expected.kind)
    )
