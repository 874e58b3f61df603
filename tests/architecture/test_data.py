"""Each fact has one owner: no service reads the database of another, or takes its credentials."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.repository import service_folders, shown, sources

SERVICES = tuple(folder.name for folder in service_folders())


_OPENS_A_DATABASE = {"create_async_engine", "create_engine", "asyncpg.connect", "asyncpg.create_pool"}
_READS_THE_ENVIRONMENT = {"os.environ", "os.getenv"}


def _texts_of(service: str) -> list[tuple[Path, int, str]]:
    """Every text constant of a service's own code and migrations, with file and line; texts built by f"" in their parts."""
    folder = next(found for found in service_folders() if found.name == service)
    return [
        (path, node.lineno, node.value)
        for path, tree in sources()
        if folder in path.parents and "tests" not in path.relative_to(folder).parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_names_the_database_of_another(service: str) -> None:
    others = "|".join(name for name in SERVICES if name != service)
    foreign = re.compile(
        rf"postgres(?:ql)?://\S*/(?:{others})\b"  # a URL of its database
        rf"|\b(?:{others})_(?:owner|app|window)\b"  # one of its roles
        rf"|\b(?:from|join|into|update|table)\s+\"?(?:{others})\"?\.\w"  # its name as a schema
        r"|\b(?:dblink|postgres_fdw|create\s+server)\b",
        re.IGNORECASE,
    )
    found = [f"{shown(path)}:{line}" for path, line, text in _texts_of(service) if foreign.search(text)]
    assert not found, f"Hear its events and keep the copy that is needed: {found}"


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_opens_a_connection_but_by_its_own_settings(service: str) -> None:
    package = f"{service}_service"
    found = [
        f"{shown(path)}:{node.lineno}"
        for path, tree in sources()
        if package in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node.func) in _OPENS_A_DATABASE
    ]
    assert not found, f"The chassis opens the one database of a service: {found}"


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return ""


def test_only_settings_read_the_environment() -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for path, tree in sources()
        if any(part.endswith("_service") for part in path.parts) or "chassis" in path.parts[-2:-1]
        if path.name not in ("settings.py", "testing.py", "seed.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("os", "environ"), ("os", "getenv")}
    ]
    assert not found, f"Add a setting to settings.py: {found}"
