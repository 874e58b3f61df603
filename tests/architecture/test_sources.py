"""How code looks in this house, as far as a machine can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.repository import ROOT, files, is_test, shown, sources

LONGEST = 300
EMPTY_NAMES = {"Manager", "Helper", "Helpers", "Util", "Utils", "Impl"}
CLOCK = ROOT / "services/chassis/chassis/clock.py"
_CLOCK_READS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def test_no_python_file_is_longer_than_300_lines() -> None:
    long = {shown(path): lines for path, _ in sources() if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST}
    assert not long, f"Split these by what they are about: {long}"


def test_names_say_what_a_thing_is_and_not_that_it_is_one() -> None:
    found = [f"{shown(path)}: {name}" for path, tree in sources() for name in _names(path, tree) if _is_empty(name)]
    assert not found, f"Name these after what they do: {found}"


def _names(path: Path, tree: ast.Module) -> Iterator[str]:
    """The names of a file, and of the classes and functions in it."""
    yield path.stem
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def _is_empty(name: str) -> bool:
    words = [word.capitalize() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]
    # "Base" is a word of the law too (a levy base); only a class or file called after being one is meant.
    return bool(EMPTY_NAMES & set(words)) or words == ["Base"] or (name[:1].isupper() and words[:1] == ["Base"])


def test_only_the_clock_reads_the_time_of_day() -> None:
    """Tests too: what depends on the day fails on another day. A file under tests that must measure says so with noqa: TID251."""
    found = [
        f"{shown(path)}:{node.lineno}"
        for path, tree in sources()
        if path != CLOCK
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _is_clock_read(node.func) and "TID251" not in _line(path, node)
    ]
    assert not found, f"Take the day or the time as an argument, or ask chassis.clock: {found}"


def _is_clock_read(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return (name, function.attr) in _CLOCK_READS


def _line(path: Path, node: ast.Call) -> str:
    return path.read_text(encoding="utf-8").splitlines()[(node.end_lineno or node.lineno) - 1]


def test_nothing_swallows_every_error() -> None:
    found = [
        f"{shown(path)}:{handler.lineno}"
        for path, tree in sources()
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")))
        and all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
    ]
    assert not found, f"An error that nobody sees: {found}"


def test_nothing_is_left_to_do_in_a_comment() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    own = Path(__file__)
    code = {".py", ".sh", ".sql", ".typ", ".html", ".css", ".js", ".yaml", ".yml", ".toml", ".md"}
    found = [
        f"{shown(path)}:{number}"
        for path in files()
        if path.suffix in code and path != own
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not found, f"Do it, or write what is not built in the README: {found}"


def test_every_test_is_named_after_its_claim() -> None:
    """At least three words after `test_`: what holds, not what is called."""
    found = [
        f"{shown(path)}: {node.name}"
        for path, tree in sources()
        if is_test(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_") and len(node.name.split("_")) < 4
    ]
    assert not found, f"Say the claim in full words: {found}"


def test_a_test_that_is_skipped_says_why() -> None:
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("skip", "skipif", "xfail"):
                reasons = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "reason")]
                said = [arg for arg in reasons if isinstance(arg, ast.JoinedStr | ast.Name | ast.Call | ast.Constant)]
                if not said:
                    found.append(f"{shown(path)}:{node.lineno}")
    assert not found, f"Give the reason: {found}"
