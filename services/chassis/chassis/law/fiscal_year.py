"""Fiscal years (年度) and half-open periods of days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` up to, but not including, `end`; `end=None` is open."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"A period from {self.start} until {self.end} holds no day: the end must be later.")

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Period) -> bool:
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def intersection(self, other: Period) -> Period | None:
        """The days in both, or None."""
        if not self.overlaps(other):
            return None
        ends = [end for end in (self.end, other.end) if end is not None]
        return Period(max(self.start, other.start), min(ends) if ends else None)

    @property
    def last_day(self) -> date | None:
        return None if self.end is None else self.end - timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """年度: 1 April of `year` up to 31 March of the next. Premiums rest on the income of the calendar year before."""

    year: int

    @classmethod
    def of(cls, day: date) -> FiscalYear:
        return cls(day.year if day.month >= 4 else day.year - 1)

    @property
    def start(self) -> date:
        return date(self.year, 4, 1)

    @property
    def end(self) -> date:
        """The first day after it."""
        return date(self.year + 1, 4, 1)

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def income_year(self) -> int:
        """所得年: the calendar year whose income counts."""
        return self.year - 1

    @property
    def month_starts(self) -> tuple[date, ...]:
        """The first days of its twelve months, April to March."""
        return tuple(date(self.year + (month > 12), (month - 1) % 12 + 1, 1) for month in range(4, 16))

    @property
    def name(self) -> str:
        """令和8年度; the year of the change of era, which began as 平成31年度, is written 令和元年度."""
        era, first = ("令和", 2019) if self.year >= 2019 else ("平成", 1989)
        number = self.year - first + 1
        return f"{era}{'元' if number == 1 else number}年度"

    @property
    def next(self) -> FiscalYear:
        return FiscalYear(self.year + 1)

    @classmethod
    def between(cls, first: int, last: int) -> Iterator[FiscalYear]:
        """Every fiscal year from `first` to `last`, both included."""
        return (cls(year) for year in range(first, last + 1))

    def __str__(self) -> str:
        return f"FY{self.year}"
