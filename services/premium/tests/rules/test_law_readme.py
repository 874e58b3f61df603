"""What the README of the law says is known is what the files know: a table that somebody forgets to change fails here (P-14)."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from chassis.law import Dated, Value, tax
from premium_service.law import FOLDER, national_law, union_codes, union_law

README = (FOLDER / "README.md").read_text(encoding="utf-8")
PERIODS = range(2008, 2028, 2)
MARKS = {"verified": "●", "verified-secondary": "○", "memory-high": "△", "memory-low": "▽"}


def _names() -> dict[str, str]:
    """Code → name of the union, from the ordinance that its file cites."""
    made = {}
    for code in union_codes():
        law = union_law(code)[f"union_{code}.medical_rates"].entries[-1].law
        made[code] = law.partition("後期高齢者医療広域連合")[0]
    return made


def _mark(dated: Dated[Value], day: date) -> str:
    """How well the value of a day is known; `·` where it is a gap, nothing where the number is not law."""
    if day < dated.entries[0].start:
        return ""
    entry = dated.entry_on(day)
    return "·" if entry.gap else "" if entry.ended else MARKS[entry.confidence]


def union_rows() -> list[str]:
    made = []
    for code, name in _names().items():
        dated = union_law(code)[f"union_{code}.medical_rates"]
        marks = [_mark(dated, date(year, 4, 1)) for year in PERIODS]
        made.append(f"| {code} {name} | {' | '.join(marks)} |")
    return made


def uneven_rows() -> list[str]:
    """Unions with uneven rates: from when to when, which areas, and whether their figures are known."""
    made = []
    for code, name in _names().items():
        book = union_law(code)
        if f"union_{code}.uneven_rates" not in book:
            continue
        entries = book[f"union_{code}.uneven_rates"].entries
        last = next(entry.start.year - 1 for entry in entries if entry.ended)
        areas: dict[str, bool] = {}
        for entry in entries:
            for area in entry.value if isinstance(entry.value, tuple) else ():
                assert isinstance(area, dict)
                areas[str(area["area"])] = "per_capita" in area
        gaps = [f"FY{entry.start.year}" for entry in entries if entry.gap]
        known = "、".join(area for area, figures in areas.items() if figures) or "—"
        named = "、".join(area for area, figures in areas.items() if not figures) or "—"
        made.append(f"| {code} {name} | FY{last} | {known} | {named} | {'from ' + gaps[0] if gaps else '—'} |")
    return made


def weak_rows() -> list[str]:
    """Every national number with a value that is not verified: its name and the days from which it is weak."""
    made = []
    book = national_law()
    for name in sorted(book):
        weak = [
            f"{entry.start} {MARKS[entry.confidence]}" for entry in book[name].entries if not entry.ended and entry.confidence != "verified"
        ]
        if weak:
            made.append(f"| `{name}` | {', '.join(weak)} |")
    return made


def _rows_under(heading: str) -> list[str]:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, heading
    lines = [line for line in found[1].splitlines() if line.startswith("| ")]
    return lines[2:]  # without the head and its rule


@pytest.mark.parametrize(
    ("heading", "rows"),
    [("Rates of the unions", union_rows), ("Uneven rates", uneven_rows), ("National numbers that are weak", weak_rows)],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
def test_the_tables_of_the_readme_are_what_the_files_know(heading: str, rows: object) -> None:
    """Seen to fail for a mark changed in the README, and for a gap filled in a file."""
    assert callable(rows)
    assert _rows_under(heading) == rows()


def test_the_counts_of_the_readme_are_those_of_the_files() -> None:
    marks = [mark for row in union_rows() for mark in row.split(" | ")[1:]]
    cells = [mark.strip(" |") for mark in marks]
    known, gaps = sum(cell in MARKS.values() for cell in cells), sum(cell == "·" for cell in cells)
    assert f"{known} of {known + gaps} periods" in README
    assert known + gaps == 47 * len(PERIODS)


def test_every_file_of_the_law_is_named_in_the_readme() -> None:
    files = {path.name for path in [*(FOLDER / "national").glob("*.yaml"), *map(Path, tax.FILES)]}
    assert {name for name in files if f"`{name}`" not in README} == set()
