"""What the README of the law says is weak is what the files say: a table that somebody forgets to change fails here."""

from __future__ import annotations

import re

from chassis.law import LawBook
from collection_service.law import FOLDER

README = (FOLDER / "README.md").read_text(encoding="utf-8")
MARKS = {"verified": "●", "verified-secondary": "○", "memory-high": "△", "memory-low": "▽"}


def weak_rows() -> list[str]:
    """Every national number with a value that is not verified: its name and the days from which it is weak."""
    book = LawBook.load(sorted((FOLDER / "national").glob("*.yaml")))
    made = []
    for name in sorted(book):
        weak = [f"{entry.start} {MARKS[entry.confidence]}" for entry in book[name].entries if entry.confidence != "verified"]
        if weak:
            made.append(f"| `{name}` | {', '.join(weak)} |")
    return made


def test_the_weak_numbers_of_the_readme_are_those_of_the_files() -> None:
    """Seen to fail for a mark changed in the README."""
    found = re.search(r"^## National numbers that are weak\n(.*?)(?=^## )", README, re.MULTILINE | re.DOTALL)
    assert found
    rows = [line for line in found[1].splitlines() if line.startswith("| ")]
    assert rows[2:] == weak_rows()


def test_every_file_of_the_law_is_named_in_the_readme() -> None:
    assert {path.name for path in (FOLDER / "national").glob("*.yaml") if f"`{path.name}`" not in README} == set()
