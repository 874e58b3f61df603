"""A code that somebody quotes on the telephone means one thing, in every service and for ever."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.repository import ROOT, is_test, shown, sources

_CODE = re.compile(r"KOKI-[A-Z]?\d{3}")
TITLES_VARY = {
    "KOKI-S503": "a service does not answer; the title says what could not be done for that reason",
    "KOKI-S422": "a service refused without a code of its own; the title is what it said",
}
"""Codes of one meaning whose title depends on what somebody was doing."""
LAYOUT_PROBLEMS = ROOT / "contracts/contracts/layouts/problems.yaml"


def _meanings() -> Iterator[tuple[str, str, str]]:
    """(code, meaning, where): what follows a code in a Problem, a tuple or a table of texts."""
    for code, entry in yaml.safe_load(LAYOUT_PROBLEMS.read_text(encoding="utf-8")).items():
        yield code, entry["title"], shown(LAYOUT_PROBLEMS)
    for path, tree in sources():
        if is_test(path):
            continue
        names = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            for code, said in _pairs(node):
                meaning = _text(names.get(said.id, said) if isinstance(said, ast.Name) else said)
                if meaning:
                    yield code, meaning, f"{shown(path)}:{getattr(node, 'lineno', 0)}"


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if _is_code(key):
                yield key.value, value.elts[0] if isinstance(value, ast.Tuple) else value  # type: ignore[union-attr]
    elif isinstance(node, ast.Tuple) or (isinstance(node, ast.Call) and _called(node) == "Problem"):
        parts = node.elts if isinstance(node, ast.Tuple) else node.args
        for first, second in pairwise(parts):
            if _is_code(first):
                yield first.value, second  # type: ignore[attr-defined]


def _is_code(node: Any) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_CODE.fullmatch(node.value))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _text(node: ast.expr) -> str:
    """The words of a meaning: a constant, or a text with words filled in (`{}`)."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return f"<{ast.unparse(node)}>"


def test_every_code_has_one_meaning() -> None:
    meanings: dict[str, dict[str, str]] = defaultdict(dict)
    for code, meaning, where in _meanings():
        meanings[code][meaning] = where
    twice = {code: found for code, found in meanings.items() if len(found) > 1 and code not in TITLES_VARY}
    assert not twice, f"Give each meaning its own code: {twice}"


def test_no_code_stands_in_the_sources_without_a_meaning() -> None:
    known = {code for code, _, _ in _meanings()} | TITLES_VARY.keys()
    used = {
        (code, shown(path))
        for path, tree in sources()
        if not is_test(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value)
        for code in [node.value]
    }
    assert not {entry for entry in used if entry[0] not in known}


def test_titles_are_japanese_for_the_people_who_read_them() -> None:
    def is_japanese(text: str) -> bool:
        return bool(re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text))

    assert [(code, meaning) for code, meaning, _ in _meanings() if not is_japanese(meaning)] == []


def test_documents_quote_no_code_that_does_not_exist() -> None:
    known = {code for code, _, _ in _meanings()} | TITLES_VARY.keys()
    pages = [*ROOT.glob("*.md"), *ROOT.glob("services/**/*.md"), *ROOT.glob("contracts/**/*.md"), *ROOT.glob("infra/**/*.md")]
    quoted = {(code, shown(page)) for page in pages for code in _CODE.findall(Path(page).read_text(encoding="utf-8"))}
    assert not {entry for entry in quoted if entry[0] not in known}
