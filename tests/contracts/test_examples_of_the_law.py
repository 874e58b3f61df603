"""Worked examples that one service leaves to another are cases there: none falls between two services."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

SERVICES = Path(__file__).resolve().parents[2] / "services"


def test_the_examples_that_premium_leaves_to_collection_are_those_of_collection() -> None:
    """C-11, C-16, C-17: seen to fail for an example taken out of the list of collection."""
    table = (SERVICES / "premium/tests/rules/cases/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?`) \| .*the service collection.*\|$", table, re.MULTILINE)
    left = {example for examples in rows for example in re.findall(r"`(.+?)`", examples)}
    listed = yaml.safe_load((SERVICES / "collection/tests/rules/examples.yaml").read_text(encoding="utf-8"))
    assert left == {example["id"] for example in listed}
