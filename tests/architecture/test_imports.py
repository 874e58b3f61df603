"""import-linter holds the direction of imports; these tests hold import-linter: no service may be left out of it."""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT, service_folders, shown, sources

CONTRACTS = ("rooms", "services-are-strangers", "contracts-stand-alone", "chassis-carries-services", "rules-are-pure")


def _entries(section: str, option: str) -> set[str]:
    parser = configparser.ConfigParser(strict=False)
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return set(parser[section][option].split())


def test_every_service_stands_in_every_contract_of_import_linter() -> None:
    packages = {f"{folder.name}_service" for folder in service_folders()}
    with_rules = {f"{folder.name}_service.rules" for folder in service_folders() if (folder / f"{folder.name}_service" / "rules").is_dir()}
    contract = "importlinter:contract:"

    assert packages <= _entries("importlinter", "root_packages")
    assert packages == _entries(f"{contract}rooms", "containers")
    assert packages == _entries(f"{contract}services-are-strangers", "modules")
    assert packages <= _entries(f"{contract}contracts-stand-alone", "forbidden_modules")
    assert packages <= _entries(f"{contract}chassis-carries-services", "forbidden_modules")
    assert with_rules == _entries(f"{contract}rules-are-pure", "source_modules")


BREAKS = {
    "rooms": ("premium_service/domain/broken.py", "import premium_service.store.members"),
    "services-are-strangers": ("premium_service/domain/broken.py", "import eligibility_service.domain.records"),
    "contracts-stand-alone": ("contracts/broken.py", "import chassis.clock"),
    "chassis-carries-services": ("chassis/broken.py", "import premium_service.rules.cap"),
    "rules-are-pure": ("premium_service/rules/broken.py", "import sqlalchemy"),
}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_import_linter_refuses_what_the_contract_forbids(contract: str, tmp_path: Path) -> None:
    """A module that breaks the contract is laid over a copy of the packages; the copy without it passes."""
    for folder in (ROOT / "contracts" / "contracts", ROOT / "services/chassis/chassis", ROOT / "infra", *_packages()):
        _copy_sources(folder, tmp_path / folder.name)
    assert _lint(contract, tmp_path).returncode == 0

    path, statement = BREAKS[contract]
    (tmp_path / path).write_text(f"{statement}\n", encoding="utf-8")

    broken = _lint(contract, tmp_path)
    assert broken.returncode == 1, broken.stdout
    assert "BROKEN" in broken.stdout


def _packages() -> list[Path]:
    return [folder / f"{folder.name}_service" for folder in service_folders()]


def _copy_sources(folder: Path, to: Path) -> None:
    for path in folder.rglob("*.py"):
        copy = to / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())


def _lint(contract: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as c; c()"]
    command += ["--config", str(ROOT / ".importlinter"), "--contract", contract, "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def test_only_the_gateway_asks_services_over_http() -> None:
    clients = {"httpx", "aiohttp", "requests", "urllib3"}
    found = [
        f"{shown(path)}: {name}"
        for path, tree in sources()
        if any(package in path.parents for package in _packages()) and "gateway_service" not in path.parts
        for node in ast.walk(tree)
        for name in _imported(node)
        if name.split(".")[0] in clients or name == "urllib.request"
    ]
    assert not found, f"Services talk in events: {found}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
