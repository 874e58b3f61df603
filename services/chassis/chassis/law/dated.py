"""Numbers of the law with their whole history."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

from chassis.law.errors import NotInForce, UnknownToUs

T = TypeVar("T")
U = TypeVar("U")

Confidence = Literal["verified", "verified-secondary", "memory-high", "memory-low"]
CONFIDENCES: tuple[Confidence, ...] = ("verified", "verified-secondary", "memory-high", "memory-low")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One value from `start` on, with where it stands and how sure we are. `value=None` with `gap` or `ended` has no value."""

    start: date
    value: T | None
    confidence: Confidence
    law: str
    source: str
    note: str = ""
    enacted: bool = True
    gap: str = ""
    ended: bool = False
    see: str = ""


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A number or table of the law by day.

    `entries` are sorted by `start` without duplicates (the loader refuses anything else). After `reviewed_through`
    (the last day that somebody checked) a value still answers, but as provisional (暫定).
    """

    name: str
    term: str
    meaning: str
    reviewed_through: date
    entries: tuple[Entry[T], ...]

    def entry_on(self, day: date) -> Entry[T]:
        """The entry of that day, whether or not it has a value. NotInForce before the first."""
        index = bisect_right(self.entries, day, key=lambda entry: entry.start) - 1
        if index < 0:
            first = self.entries[0].start
            raise NotInForce(
                f"{self.name} has no value on {day}: the first begins on {first}.",
                f"「{self.term}」({self.name})は {day} の値がありません。最初の値は {first} からです。",
            )
        return self.entries[index]

    def on(self, day: date) -> T:
        """The value of that day. NotInForce before the first or after the end; UnknownToUs where it is a gap."""
        entry = self.entry_on(day)
        if entry.gap:
            raise UnknownToUs(
                f"{self.name} is not known on {day}: {entry.gap}",
                f"「{self.term}」({self.name})の {day} の値は登録されていません。条例等で確認し、登録してください。",
            )
        if entry.ended or entry.value is None:
            see = f" See {entry.see}." if entry.see else ""
            raise NotInForce(
                f"{self.name} has no value on {day}: it ended on {entry.start}.{see}",
                f"「{self.term}」({self.name})は {entry.start} に終了しており、{day} の値はありません。",
            )
        return entry.value

    def find(self, day: date) -> T | None:
        """The value of that day, or None before the first and after the end. A gap still raises UnknownToUs."""
        if day < self.entries[0].start or self.entry_on(day).ended:
            return None
        return self.on(day)

    @property
    def confidence(self) -> Confidence:
        """The confidence of the newest entry."""
        return self.entries[-1].confidence

    def provisional_on(self, day: date) -> bool:
        """暫定: not verified, not yet enacted, or later than anybody has reviewed."""
        entry = self.entry_on(day)
        return entry.confidence != "verified" or not entry.enacted or day > self.reviewed_through

    def map(self, read: Callable[[T], U]) -> Dated[U]:
        """The same history with each value read into another type."""
        entries = tuple(
            Entry(
                start=entry.start,
                value=None if entry.value is None else read(entry.value),
                confidence=entry.confidence,
                law=entry.law,
                source=entry.source,
                note=entry.note,
                enacted=entry.enacted,
                gap=entry.gap,
                ended=entry.ended,
                see=entry.see,
            )
            for entry in self.entries
        )
        return Dated(self.name, self.term, self.meaning, self.reviewed_through, entries)
