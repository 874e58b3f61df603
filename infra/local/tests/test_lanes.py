"""Folders of tests side by side: each is run, each has its result, and lanes share no servers."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from infra.local.lanes import run_side_by_side

# Each test leaves a mark and waits for the other's: alone, or one after the other, neither passes.
MEETING = """
import os, pathlib, time
def test_meets_the_other():
    marks = pathlib.Path({marks!r})
    (marks / os.environ["KOKI_TEST_HOME"].rpartition("/")[2]).touch()
    until = time.monotonic() + 60
    while len(list(marks.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(list(marks.iterdir())) == 2
"""


def folder(parent: Path, name: str, content: str) -> str:
    made = parent / name
    made.mkdir()
    (made / f"test_{name}.py").write_text(content, encoding="utf-8")
    return str(made)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has one lane")
def test_two_folders_are_tested_side_by_side_with_servers_of_their_own(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    folders = [folder(tmp_path, name, MEETING.format(marks=str(marks))) for name in ("one", "two")]

    results = run_side_by_side(tmp_path, folders, [], Console(file=io.StringIO()))

    assert [result.passed for result in results] == [True, True]
    assert {mark.name for mark in marks.iterdir()} == {"test", "test-2"}


def test_a_folder_that_fails_is_named_and_the_others_are_still_tested(tmp_path: Path) -> None:
    folders = [folder(tmp_path, f"f{number}", f"def test_it(): assert {number} != 1") for number in range(4)]
    printed = io.StringIO()

    results = run_side_by_side(tmp_path, folders, [], Console(file=printed, width=200))

    assert {result.title: result.passed for result in results} == {path: path != folders[1] for path in folders}
    assert "assert 1 != 1" in printed.getvalue()
