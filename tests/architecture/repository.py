"""The repository as the tests of its architecture see it: its files, its sources, its services."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from chassis.runtime import Service

ROOT = Path(__file__).resolve().parents[2]
_NOT_OURS = {".git", ".koki", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository, without what running it leaves behind."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _NOT_OURS or (folder == ROOT and path.name == "node_modules"):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.is_file():
            yield path


def shown(path: Path) -> str:
    """A path as messages name it."""
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that is text, with its content."""
    for path in files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    """Every Python file with its syntax tree."""
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in files() if path.suffix == ".py")


def is_test(path: Path) -> bool:
    """Whether a source is a test or serves tests."""
    return "tests" in path.relative_to(ROOT).parts


def service_folders() -> list[Path]:
    """The folder of each service that has a package."""
    return sorted(path.parent for path in ROOT.glob("services/*/*_service"))


@cache
def services() -> tuple[Service, ...]:
    """Every service as its bootstrap.py makes it."""
    return tuple(importlib.import_module(f"{folder.name}_service.bootstrap").SERVICE for folder in service_folders())
