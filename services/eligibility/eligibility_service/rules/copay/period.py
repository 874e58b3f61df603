"""判定年度: 1 August to 31 July, on the income of the calendar year before; and from which day a change counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SCHEME_BEGINS = date(2008, 4, 1)


@dataclass(frozen=True, slots=True, order=True)
class CopayYear:
    """The copay year that begins on 1 August of `year`. Of 2007 only April to July 2008 exist: the scheme began in between."""

    year: int

    @classmethod
    def of(cls, day: date) -> CopayYear:
        return cls(day.year if day.month >= 8 else day.year - 1)

    @property
    def start(self) -> date:
        return max(date(self.year, 8, 1), SCHEME_BEGINS)

    @property
    def last_day(self) -> date:
        return date(self.year + 1, 7, 31)

    @property
    def income_year(self) -> int:
        """所得年: the calendar year before the first of August; so before August it is the year before the last."""
        return self.year - 1

    @property
    def name(self) -> str:
        era, first = ("令和", 2018) if self.year >= 2019 else ("平成", 1988)
        return f"{era}{self.year - first if self.year - first > 1 else '元'}年8月から"


def first_of_next_month(day: date) -> date:
    """The first of the month from which a change of that day counts: the day itself where it is a first."""
    if day.day == 1:
        return day
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def month_after(day: date) -> date:
    """The first of the month after that day: from then on an application counts."""
    return first_of_next_month(date(day.year, day.month, 2))
