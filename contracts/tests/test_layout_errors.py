# SPDX-License-Identifier: Apache-2.0
"""Every error code, produced by a file that deserves it."""

import dataclasses
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from contracts.layouts.loading import FOLDER
from contracts.layouts.problems import as_markdown

from contracts.layouts import (
    PROBLEMS,
    Control,
    Layout,
    ReadResult,
    load_layout,
    read_file,
    sha256_of,
    totals_of,
)

RESIDENTS = load_layout("residents")
INCOMES = load_layout("incomes")
SAMPLES = FOLDER.parent / "samples" / "koki-1"
HEADER, *GOOD = (SAMPLES / "residents.csv").read_text(encoding="utf-8").splitlines()
SATO, SUZUKI, TAKAHASHI = GOOD
INCOME_HEADER, INCOME, UNDECLARED, _ = (SAMPLES / "incomes.csv").read_text(encoding="utf-8").splitlines()
KNOWN = {"131016", "132012"}


def sealed(data: bytes, layout: Layout = RESIDENTS, totals: dict[str, int] | None = None, **other: Any) -> Control:
    """The control that tells the truth about three good rows, but for what the case changes."""
    control = Control(
        layout_version="koki-1",
        kind=layout.name,
        file_name="data.csv",
        municipality_code="131016",
        generation=1,
        created_at=datetime(2026, 7, 12, 15, 30, tzinfo=UTC),
        encoding="UTF-8",
        row_count=3,
        sha256=sha256_of(data),
        control_totals=totals or {"resident_count": 1, "moved_out_count": 1, "died_count": 1, "removed_count": 0},
    )
    return dataclasses.replace(control, **other)


def as_file(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode()


def read(data: bytes, **other: Any) -> ReadResult:
    return read_file(data, RESIDENTS, sealed(data, **other), known_municipalities=KNOWN)


def with_cell(column: str, value: str, row: str = SATO) -> str:
    cells = row.split(",")
    cells[RESIDENTS.names.index(column)] = value
    return ",".join(cells)


def income_with(column: str, value: str, row: str = INCOME) -> str:
    cells = row.split(",")
    cells[INCOMES.names.index(column)] = value
    return ",".join(cells)


BROKEN_AT = as_file(*GOOD).index("鈴".encode())
FILE_CASES: dict[str, Callable[[], ReadResult]] = {
    "KOKI-F001": lambda: read(b""),
    "KOKI-F002": lambda: read(as_file(*GOOD).replace("鈴".encode(), b"\xe9\x88X")),
    "KOKI-F003": lambda: read(as_file(*GOOD, header=HEADER.replace(",ended_on", ""))),
    "KOKI-F004": lambda: read(as_file(*GOOD, header=HEADER + ",my_number")),
    "KOKI-F005": lambda: read(as_file(*GOOD), row_count=4),
    "KOKI-F006": lambda: read(as_file(*GOOD), sha256="0" * 64),
    "KOKI-F007": lambda: read(as_file(*GOOD), totals={"resident_count": 2, "moved_out_count": 1, "died_count": 1, "removed_count": 0}),
    "KOKI-F008": lambda: read(as_file(*GOOD), layout_version="koki-0"),
    "KOKI-F009": lambda: read(as_file(*GOOD), municipality_code="011002"),
    "KOKI-F010": lambda: read(as_file(SATO, with_cell("address_building", '"荘内"101'), TAKAHASHI)),
    "KOKI-F015": lambda: read(as_file(*GOOD, header=HEADER + ",name")),
    "KOKI-F016": lambda: read(as_file(*GOOD), encoding="EBCDIC"),
}


@pytest.mark.parametrize("code", sorted(FILE_CASES))
def test_a_wrong_file_is_refused_as_a_whole_with_its_code(code: str) -> None:
    result = FILE_CASES[code]()
    assert code in {error.code for error in result.file_errors}
    assert (result.accepted_count, result.parked_count, result.errors) == (0, 0, [])
    assert all("{" not in error.message + error.remedy for error in result.file_errors)


def test_broken_encoding_is_named_by_row_and_byte() -> None:
    (error,) = [error for error in FILE_CASES["KOKI-F002"]().file_errors if error.code == "KOKI-F002"]
    assert (error.row_number, error.byte_position) == (2, BROKEN_AT + 1)
    assert "データ2行目" in error.message
    assert "E9 88" in error.message


def test_several_things_wrong_with_one_file_are_said_at_once() -> None:
    data = as_file(*GOOD)
    result = read(data, row_count=9, sha256="0" * 64, municipality_code="011002")
    assert {error.code for error in result.file_errors} >= {"KOKI-F005", "KOKI-F006", "KOKI-F009"}


def test_a_control_total_that_is_not_declared_is_a_mismatch() -> None:
    result = read(as_file(*GOOD), totals={"resident_count": 1})
    assert [error.column for error in result.file_errors] == ["moved_out_count", "died_count", "removed_count"]


ROW_CASES: dict[str, tuple[str, str, str]] = {
    # code: (the wrong row, its column, a word of the message)
    "KOKI-R101": (with_cell("name", ""), "name", "必ず"),
    "KOKI-R102": (with_cell("address_prefecture", "東京都千代田"), "address_prefecture", "4文字まで"),
    "KOKI-R103": (with_cell("history_number", "1.5"), "history_number", "整数"),
    "KOKI-R104": (with_cell("born_on", "S20.6.1"), "born_on", "形式"),
    "KOKI-R105": (with_cell("born_on", "1945-02-29"), "born_on", "暦にない"),
    "KOKI-R106": (with_cell("sex", "9"), "sex", "コード表"),
    "KOKI-R107": (with_cell("municipality_code", "131017"), "municipality_code", "検査数字"),
    "KOKI-R108": (with_cell("name_kana", "ｻﾄｳ ｲﾁﾛｳ"), "name_kana", "使えない文字"),
    "KOKI-R109": (with_cell("municipality_code", "132012"), "municipality_code", "131016"),
    "KOKI-R111": (SATO + ",,", "", "列の数が24"),
    "KOKI-R112": (with_cell("changed_on", "0001-01-01"), "changed_on", "範囲"),
    "KOKI-R113": (with_cell("ended_on", "2026-07-01"), "ended_on", "空でなければ"),
    "KOKI-R114": (with_cell("born_on", "2026-07-14"), "born_on", "作成日より後"),
    "KOKI-R201": (with_cell("name", "佐●　一郎"), "name", "●"),
}


@pytest.mark.parametrize("code", sorted(ROW_CASES))
def test_a_wrong_row_is_refused_alone_and_the_others_pass(code: str) -> None:
    row, column, said = ROW_CASES[code]
    result = read(as_file(row, SUZUKI, TAKAHASHI))

    (error,) = result.errors
    assert (error.code, error.row_number, error.column) == (code, 1, column)
    assert said in error.message
    assert error.remedy
    assert "{" not in error.message + error.remedy
    assert result.row_numbers.to_list() == [2, 3]
    assert result.row_count == result.accepted_count + result.refused_count + result.parked_count


def test_the_same_person_twice_refuses_every_row_of_that_person() -> None:
    again = with_cell("name", "佐藤　市郎")
    data = as_file(SATO, again, TAKAHASHI)
    result = read(data, totals={"resident_count": 2, "moved_out_count": 0, "died_count": 1, "removed_count": 0})
    assert [(error.code, error.row_number, error.value) for error in result.errors] == [
        ("KOKI-R110", 1, "000000000000101"),
        ("KOKI-R110", 2, "000000000000101"),
    ]
    assert result.row_numbers.to_list() == [3]


def test_an_unidentified_character_parks_the_row_and_keeps_what_it_says() -> None:
    result = read(as_file(ROW_CASES["KOKI-R201"][0], SUZUKI, TAKAHASHI))
    assert (result.accepted_count, result.parked_count, result.refused_count) == (2, 1, 0)
    assert result.errors[0].severity == "parked"
    assert result.parked.get_column("name").to_list() == ["佐●　一郎"]
    assert result.parked_row_numbers.to_list() == [1]


def test_a_code_of_the_municipalitys_own_parks_the_row_as_a_mark_does() -> None:
    """I-43: such a code is another character, or none, wherever it is shown."""
    rows = [with_cell("name", f"{mark}藤　一郎", ROW_CASES["KOKI-R201"][0]) for mark in ("\ue000", "\uf8ff", "\U0010fffd", "佐")]
    assert [read(as_file(row, SUZUKI, TAKAHASHI)).parked_count for row in rows] == [1, 1, 1, 0]


def test_a_row_that_is_parked_and_wrong_is_refused() -> None:
    row = with_cell("sex", "9", ROW_CASES["KOKI-R201"][0])
    result = read(as_file(row, SUZUKI, TAKAHASHI))
    assert (result.parked_count, result.refused_count) == (0, 1)
    assert [error.code for error in result.errors] == ["KOKI-R201", "KOKI-R106"]


def test_several_wrong_cells_of_one_row_are_all_named_in_order() -> None:
    row = with_cell("born_on", "1945-13-01", with_cell("sex", "", with_cell("postal_code", "100-0001")))
    result = read(as_file(SUZUKI, row, TAKAHASHI))
    assert [(error.row_number, error.column) for error in result.errors] == [(2, "sex"), (2, "born_on"), (2, "postal_code")]


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        (income_with("salary_receipts", "-1"), "KOKI-R103", "負の数"),
        (income_with("salary_receipts", "1,000"), "KOKI-R111", "カンマ"),
        (income_with("salary_receipts", ""), "KOKI-R101", "申告済"),
        (income_with("salary_receipts", "1234567890123"), "KOKI-R102", "桁数"),
        (income_with("income_year", "25"), "KOKI-R104", "西暦4桁"),
        (income_with("income_year", "1999"), "KOKI-R112", "2006から2999"),
        (income_with("total_income", "0", UNDECLARED), "KOKI-R113", "申告済"),
        (income_with("history_number", "0"), "KOKI-R112", "1以上"),
    ],
)
def test_a_wrong_income_is_refused_in_words_that_name_the_rule(row: str, code: str, said: str) -> None:
    data = as_file(row, header=INCOME_HEADER)
    result = read_file(data, INCOMES, None)
    (error,) = result.errors
    assert error.code == code
    assert said in error.message + error.remedy
    assert result.accepted_count == 0


def test_an_undeclared_income_may_leave_its_amounts_empty_and_is_never_a_declared_zero() -> None:
    emptied = re.sub(r"(?<=,2025,2)(,0){9}", "," * 9, UNDECLARED)
    result = read_file(as_file(emptied, header=INCOME_HEADER), INCOMES, None)
    assert result.errors == []
    (income,) = result.frame.to_dicts()
    assert (income["status"], income["salary_receipts"], income["total_income"]) == ("2", 0, None)


def test_a_control_file_that_names_no_known_layout_refuses_the_data() -> None:
    data = as_file(*GOOD)
    result = read_file(data, None, sealed(data, kind="pets"), known_municipalities=KNOWN)
    (error,) = result.file_errors
    assert error.code == "KOKI-F008"
    assert "koki-1/residents" in error.message


def test_every_error_code_has_its_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_errors.py"))
    assert [code for code in PROBLEMS if f'"{code}"' not in tests] == []


def test_the_page_of_error_codes_is_complete() -> None:
    assert (FOLDER / "errors.md").read_text(encoding="utf-8") == as_markdown()


def test_good_rows_become_typed_columns(tmp_path: Path) -> None:
    path = tmp_path / "residents.csv"
    path.write_bytes(as_file(*GOOD))
    result = read_file(path, RESIDENTS, sealed(path.read_bytes()), known_municipalities=KNOWN)
    assert result.file_errors == []
    assert result.errors == []
    assert dict(result.frame.schema) | {"born_on": pl.Date, "history_number": pl.Int64} == dict(result.frame.schema)
    assert totals_of(result.frame, RESIDENTS) == sealed(b"").control_totals


def test_an_unreadable_amount_refuses_its_row_and_not_the_file() -> None:
    rows = [income_with("salary_receipts", "千円"), income_with("resident_number", "000000000000109")]
    data = as_file(*rows, header=INCOME_HEADER)
    totals = dict.fromkeys((total.name for total in INCOMES.control_totals), 0)
    totals |= {"declared_count": 2, "public_pension_receipts_sum": 3_600_000, "salary_receipts_sum": 9_000, "total_income_sum": 1_400_000}
    result = read_file(data, INCOMES, sealed(data, INCOMES, totals, row_count=2))
    assert result.file_errors == []
    assert [(error.code, error.row_number) for error in result.errors] == [("KOKI-R103", 1)]
    assert result.accepted_count == 1
