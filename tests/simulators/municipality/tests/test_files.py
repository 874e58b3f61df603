"""The files: the same bytes for the same seed, accepted by the layout without an error."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from contracts.layouts.model import Encoding

from contracts.layouts import load_layout, read_control, read_file
from tests.simulators.municipality.changes import changes
from tests.simulators.municipality.files import WrittenFile, write_changes, write_population, write_union
from tests.simulators.municipality.incomes import AMOUNTS
from tests.simulators.municipality.population import Population, populate
from tests.simulators.municipality.tests.conftest import ON
from tests.simulators.municipality.union import MUNICIPALITIES

CODES = {m.code for m in MUNICIPALITIES}
ROOT = Path(__file__).parents[4]


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_writes_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write_union(500, 11, ON, here)
    command = [sys.executable, "-m", "tests.simulators.municipality", "--residents", "500", "--seed", "11", "--on", "2026-07-13"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "contracts")]), "PYTHONHASHSEED": "77"}
    subprocess.run([*command, "--out", str(there)], check=True, cwd=ROOT, env=environment, capture_output=True)
    assert hashes(here) == hashes(there)
    assert len(hashes(here)) == 12


def test_a_population_in_memory_and_a_union_written_piece_by_piece_are_the_same(village: Population, tmp_path: Path) -> None:
    write_population(village, tmp_path / "memory")
    write_union(50, 1, ON, tmp_path / "pieces")
    assert hashes(tmp_path / "memory") == hashes(tmp_path / "pieces")


@pytest.mark.parametrize("encoding", ["UTF-8", "CP932"])
def test_the_layout_accepts_every_row(tmp_path: Path, encoding: Encoding) -> None:
    population = populate(5_000, 5, ON)
    for file in write_population(population, tmp_path, encoding=encoding):
        control = read_control(file.control)
        result = read_file(file.data, load_layout(file.kind), control, known_municipalities=CODES)
        assert (result.file_errors, result.errors) == ([], [])
        assert result.accepted_count == file.rows == control.row_count
        assert control.encoding == encoding


def test_what_was_written_is_read_back(village: Population, files: list[WrittenFile]) -> None:
    for file in files:
        register = next(r for r in village.registers if r.municipality.code == file.municipality_code)
        frame = register.residents if file.kind == "residents" else register.incomes.with_columns(pl.col(AMOUNTS).fill_null(0))
        read = read_file(file.data, load_layout(file.kind), read_control(file.control), known_municipalities=CODES).frame
        assert read.rows() == frame.select(read.columns).rows()


def test_files_are_named_by_municipality_kind_and_generation(files: list[WrittenFile]) -> None:
    assert [file.data.name for file in files][:2] == ["131016_residents_0001.csv", "131016_incomes_0001.csv"]
    assert files[0].control.name == "131016_residents_0001.control.json"
    assert {(file.municipality_code, file.kind) for file in files} == {(code, kind) for code in CODES for kind in ("residents", "incomes")}


def test_changes_as_files_hold_the_same_rows_and_are_accepted(village: Population, tmp_path: Path) -> None:
    rows = list(changes(3, village, 200))
    written = write_changes(rows, ON, tmp_path)
    accepted = 0
    for file in written:
        result = read_file(file.data, load_layout(file.kind), read_control(file.control), known_municipalities=CODES)
        assert (result.file_errors, result.errors) == ([], [])
        mine = [r for r in rows if (r["municipality_code"], f"{r['kind']}s") == (file.municipality_code, file.kind)]
        assert result.frame["history_number"].to_list() == [r["history_number"] for r in mine]
        accepted += result.accepted_count
    assert accepted == 200
