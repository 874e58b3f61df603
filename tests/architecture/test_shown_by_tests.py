"""Every feature and every incident on the list is named by the docstring of a test that shows it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.architecture.repository import ROOT, sources

LISTS = sorted((ROOT / "tests/architecture").glob("features_of_*.yaml"))
_NAMED = re.compile(r"\b[A-Z]-\d\d\b")


def _named() -> set[str]:
    """Rows that the docstring of a test, or of a whole file of tests, names."""
    docstrings = (
        ast.get_docstring(node) or ""
        for path, tree in sources()
        if path.name.startswith("test_")
        for node in ast.walk(tree)
        if isinstance(node, ast.Module) or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"))
    )
    return {row for docstring in docstrings for row in _NAMED.findall(docstring)}


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_each_row_of_the_list_is_shown_by_a_test(path: Path) -> None:
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked = {row for group in rows.values() for row in group}

    assert asked - _named() == set(), "no test names them in its docstring"
