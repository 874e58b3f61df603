"""Bars of effects as numbers for SVG: where each begins and how long it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 560
"""Units that the longest bar takes."""
ROW, BAR, GAP = 18, 14, 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its series, its top, its length, and the amount that it stands for."""

    series: int
    y: int
    length: int
    amount: int


@dataclass(frozen=True, slots=True)
class Group:
    """Bars of one line of a table; `y` is the middle of its label."""

    term: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Groups from top to bottom; `series` are the names of the bars of each group."""

    series: tuple[str, ...]
    groups: tuple[Group, ...]
    height: int


def average_chart(series: Sequence[tuple[str, Sequence[Mapping[str, Any]], str]]) -> Chart:
    """Average premiums by line, one bar for each of `series`: (name, lines of a table, which average)."""
    lines = [place for place, row in enumerate(series[0][1]) if row["people"]]
    largest = max((rows[place][of] for _, rows, of in series for place in lines), default=0) or 1
    groups, top = [], 0
    for place in lines:
        bars = tuple(
            Bar(number, top + number * ROW, rows[place][of] * WIDTH // largest, rows[place][of])
            for number, (_, rows, of) in enumerate(series)
        )
        groups.append(Group(series[0][1][place]["term"], top + len(series) * ROW // 2, bars))
        top += len(series) * ROW + GAP
    return Chart(tuple(name for name, _, _ in series), tuple(groups), top)
