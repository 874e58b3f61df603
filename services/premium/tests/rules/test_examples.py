"""No worked example is forgotten: each is a case that expects every figure its source prints, or says in the README why it is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from chassis.law.strict_yaml import read_yaml

CASES = Path(__file__).parent / "cases"
EXAMPLES: list[dict[str, Any]] = list(read_yaml(Path(__file__).parent / "examples.yaml"))  # type: ignore[call-overload]
KINDS_OF_THE_PREMIUM = {"premium", "flat_after_reduction", "flat_reduction", "flat_reduction_amount", "months"}


def _cases() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(CASES.glob("*.yaml")):
        for case in read_yaml(path):  # type: ignore[attr-defined]
            if "example" in case:
                found.setdefault(case["example"], []).append(case)
    return found


def _left_out() -> dict[str, str]:
    """Example → why it is no case, from the table of the README."""
    rows = re.findall(r"^\| (`.+?`) \| (.+) \|$", (CASES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {example: why for examples, why in rows for example in re.findall(r"`(.+?)`", examples)}


CASES_OF, LEFT_OUT = _cases(), _left_out()


def test_the_79_examples_that_were_handed_over_are_listed_once_each() -> None:
    """54 came with the first sheet of the law, 25 with its additions."""
    assert len(EXAMPLES) == len({example["id"] for example in EXAMPLES}) == 79


def test_cases_and_readme_name_no_example_that_does_not_exist() -> None:
    known = {example["id"] for example in EXAMPLES}
    assert CASES_OF.keys() <= known
    assert LEFT_OUT.keys() <= known


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_each_example_is_a_case_with_the_printed_figures_or_says_why_not(example: dict[str, Any]) -> None:
    """P-04: seen to fail for one figure changed in a case, and for a row taken out of the README."""
    name, cases = example["id"], CASES_OF.get(example["id"], [])
    if name in LEFT_OUT:
        assert not cases, "It is both a case and left out."
        assert len(LEFT_OUT[name]) > 20
        return
    expected = [value for case in cases for person in case["expect"] for value in person.values()]
    assert cases
    assert [figure for figure in example["prints"] if figure not in expected] == []


def test_an_example_about_a_premium_is_left_out_only_where_its_source_is_wrong() -> None:
    left_out = [example["id"] for example in EXAMPLES if example["id"] in LEFT_OUT and example["kind"] in KINDS_OF_THE_PREMIUM]
    assert [name for name in left_out if not LEFT_OUT[name].startswith("wrong:")] == []
