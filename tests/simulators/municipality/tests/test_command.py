"""The command line: Japanese, and the same files as the functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulators.municipality.__main__ import main

ASK = ["--on", "2026-07-13", "--seed", "1"]


def test_it_writes_all_files_and_says_so_in_japanese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASK, "--residents", "50", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "八王子市" in told
    assert "75歳以上" in told
    assert len(list(tmp_path.glob("*.csv"))) == len(list(tmp_path.glob("*.control.json"))) == 6


def test_a_fault_is_described_beside_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASK, "--out", str(tmp_path), "--fault", "impossible_date", "--fault-in", "131016/incomes"]) == 0
    described = json.loads((tmp_path / "fault.json").read_text("utf-8"))
    assert described["file"] == "131016_incomes_0001.csv"
    assert described["column"] == "determined_on"
    line = (tmp_path / described["file"]).read_text("utf-8").splitlines()[described["row"]]
    assert "2026-06-31" in line
    assert f"{described['row']}行目" in capsys.readouterr().out


def test_changes_follow_as_lines_and_as_files_of_the_next_generation(tmp_path: Path) -> None:
    assert main([*ASK, "--out", str(tmp_path), "--changes", "40"]) == 0
    lines = (tmp_path / "changes.jsonl").read_text("utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == 40
    assert list(tmp_path.glob("*_0002.csv"))


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--residents", "7"], "住民の数"), (["--fault-in", "999999/residents"], "市区町村コード"), (["--fault-in", "131016/cats"], "形では")],
)
def test_what_does_not_fit_is_refused_in_japanese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main([*ASK, "--out", str(tmp_path), *options]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
