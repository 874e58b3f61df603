"""A decision record is one page: context, options, choice, what gets worse; and the index knows all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT

RECORDS = sorted((ROOT / "infra/decisions").glob("*.md"))


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_with_what_gets_worse(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Options", "Choice", "What gets worse"]
    assert text.startswith(f"# {record.name[:4]} ")
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))
    index = (ROOT / "infra/README.md").read_text(encoding="utf-8")
    assert [record.name for record in RECORDS if f"(decisions/{record.name})" not in index] == []
