"""Each dial makes exactly its fault, where it says, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.layouts.model import Encoding

from contracts.layouts import load_layout, read_control, read_file
from tests.simulators.municipality.faults import FAULT_TERMS, FAULTS, UNKNOWN_MUNICIPALITY, spoil
from tests.simulators.municipality.files import WrittenFile, write_population
from tests.simulators.municipality.population import Population
from tests.simulators.municipality.union import MUNICIPALITIES

OF_THE_FILE = {
    "wrong_count": "KOKI-F005",
    "wrong_hash": "KOKI-F006",
    "unknown_municipality": "KOKI-F009",
    "broken_encoding": "KOKI-F002",
    "missing_column": "KOKI-F003",
}
OF_A_ROW = {
    "impossible_date": "KOKI-R105",
    "duplicate_person": "KOKI-R110",
    "unidentified_character": "KOKI-R201",
    "foreign_row": "KOKI-R109",
}
CASES = [
    (fault, kind, encoding)
    for encoding in ("UTF-8", "CP932")
    for kind in ("residents", "incomes")
    for fault in FAULTS
    if (fault, kind) != ("unidentified_character", "incomes")
]


def test_every_fault_has_a_japanese_name_and_a_code_of_the_layout() -> None:
    assert FAULTS.keys() == FAULT_TERMS.keys() == OF_THE_FILE.keys() | OF_A_ROW.keys()


@pytest.mark.parametrize(("fault", "kind", "encoding"), CASES)
def test_the_reader_finds_exactly_this_fault_where_the_dial_says(
    village: Population, tmp_path: Path, fault: str, kind: str, encoding: Encoding
) -> None:
    files = write_population(village, tmp_path, encoding=encoding)
    target = next(file for file in files if (file.municipality_code, file.kind) == ("132012", kind))
    spoiled = spoil(fault, target, seed=4, files=files)

    control = read_control(spoiled.file.control)
    result = read_file(spoiled.file.data, load_layout(kind), control, known_municipalities={m.code for m in MUNICIPALITIES})
    found = [(error.code, error.row_number, error.column) for error in result.file_errors] + [
        (error.code, error.row_number, error.column) for error in result.errors
    ]
    if fault in OF_THE_FILE:
        assert [code for code, _, _ in found] == [OF_THE_FILE[fault]]
        assert result.accepted_count == 0
        assert fault not in ("broken_encoding",) or found[0][1] == spoiled.row
        assert fault != "missing_column" or found[0][2] == spoiled.column
    else:
        rows = {spoiled.row} | ({spoiled.twin_row} if spoiled.twin_row else set())
        assert set(found) == {(OF_A_ROW[fault], row, spoiled.column) for row in rows}
        assert result.accepted_count == result.row_count - len(rows)


@pytest.mark.parametrize("fault", list(FAULTS))
def test_the_other_files_of_the_day_stay_as_they_were(files: list[WrittenFile], fault: str) -> None:
    before = {path: path.read_bytes() for file in files[1:] for path in (file.data, file.control)}
    spoil(fault, files[0], seed=1, files=files)
    assert {path: path.read_bytes() for path in before} == before


def test_the_same_seed_spoils_the_same_row(village: Population, tmp_path: Path) -> None:
    def row(folder: str, seed: int) -> int | None:
        files = write_population(village, tmp_path / folder)
        return spoil("impossible_date", files[2], seed=seed, files=files).row

    assert row("a", 1) == row("b", 1)
    assert len({row(f"seed {seed}", seed) for seed in range(6)}) > 1


def test_an_unknown_municipality_gives_its_files_its_own_name(files: list[WrittenFile]) -> None:
    spoiled = spoil("unknown_municipality", files[0], seed=1, files=files)
    assert spoiled.file.data.name == f"{UNKNOWN_MUNICIPALITY}_residents_0001.csv"
    assert read_control(spoiled.file.control).file_name == spoiled.file.data.name
    assert not files[0].data.exists()


def test_a_fault_that_cannot_be_is_refused_in_japanese(files: list[WrittenFile]) -> None:
    with pytest.raises(ValueError, match="氏名がない"):
        spoil("unidentified_character", files[1], seed=1, files=files)
    with pytest.raises(ValueError, match="ありません"):
        spoil("coffee", files[0], seed=1, files=files)
