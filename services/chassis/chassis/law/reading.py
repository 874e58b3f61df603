"""Parameters looked up for a day, each noted with where it stands: what an explanation cites and a hash covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from chassis.law.dated import Dated
from chassis.law.loader import LawBook
from chassis.law.units import Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a parameter stands. `provisional` (暫定): not verified, or later than anybody reviewed."""

    name: str
    term: str
    start: date
    law: str
    source: str
    confidence: str
    provisional: bool


class Cited:
    """A set of parameters with the citation of each, and the names of those that a named officer has confirmed."""

    __slots__ = ()

    citations: Mapping[str, Citation]
    confirmed: frozenset[str]

    def provisional(self, name: str) -> bool:
        """Whether the parameter is provisional here: a named officer's confirmation lifts it."""
        citation = self.citations.get(name)
        return citation is not None and citation.provisional and citation.name not in self.confirmed


@dataclass
class LawReader:
    """Looks parameters up by day in `books`, each with the prefix of its names; the first that has a parameter is asked."""

    books: Sequence[tuple[LawBook, str]]
    citations: dict[str, Citation] = field(default_factory=dict)
    content: dict[str, object] = field(default_factory=dict)

    def get(self, name: str, day: date, read: Callable[[Value], T]) -> T:
        """The value of a day. NotInForce, UnknownToUs and UnknownParameter say which and why not."""
        dated = self._dated(name)
        value = dated.on(day)
        entry = dated.entry_on(day)
        self.citations[name] = Citation(
            dated.name, dated.term, entry.start, entry.law, entry.source, entry.confidence, dated.provisional_on(day)
        )
        self.content[dated.name] = [entry.start, value, entry.law, entry.source, entry.confidence]
        return read(value)

    def find(self, name: str, day: date, read: Callable[[Value], T]) -> T | None:
        """None where no book has the parameter, or where it has no value on the day."""
        if not any(f"{prefix}{name}" in book for book, prefix in self.books):
            return None
        return self.get(name, day, read) if self._dated(name).find(day) is not None else None

    def _dated(self, name: str) -> Dated[Value]:
        for book, prefix in self.books:
            if f"{prefix}{name}" in book:
                return book[f"{prefix}{name}"]
        book, _ = self.books[-1]
        return book[name]
