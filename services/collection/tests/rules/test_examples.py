"""No worked example of collection is forgotten: each is a case that expects every figure its source prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
EXAMPLES: list[dict[str, Any]] = yaml.safe_load((HERE / "examples.yaml").read_text(encoding="utf-8"))


def _cases() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((HERE / "cases").glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            for example in case.get("examples", []):
                found.setdefault(example, []).append(case)
    return found


def _figures(expected: Any) -> Iterator[str]:
    """Every figure and day in what a case expects, as text: YAML 1.1 reads 1_900 as a number and a day as a day."""
    match expected:
        case dict():
            for value in expected.values():
                yield from _figures(value)
        case list():
            for value in expected:
                yield from _figures(value)
        case _:
            yield str(expected)


CASES_OF = _cases()


def test_the_11_examples_of_collection_are_listed_once_each() -> None:
    assert len(EXAMPLES) == len({example["id"] for example in EXAMPLES}) == 11


def test_cases_name_no_example_that_does_not_exist() -> None:
    assert CASES_OF.keys() <= {example["id"] for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_each_example_is_a_case_with_the_printed_figures(example: dict[str, Any]) -> None:
    """C-11, C-16, C-17: seen to fail for one figure changed in a case, and for an example taken out of its case."""
    cases = CASES_OF.get(example["id"], [])
    assert cases
    expected = {figure for case in cases for figure in _figures(case["expect"])}
    assert [figure for figure in example["prints"] if str(figure) not in expected] == []
