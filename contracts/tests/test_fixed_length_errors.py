# SPDX-License-Identifier: Apache-2.0
"""Every way in which a file of fixed-length records can be wrong."""

import pytest
from contracts.layouts.families import load_family, read_family

FAMILY = load_family("pension-500")


def pension_records(kinds: str) -> bytes:
    """Records of 500 bytes with the right kinds and otherwise empty amounts."""
    common = "13101" + "000" + "01" + " " + "2" + "20260701"
    rest = {
        "1": "".ljust(479),
        "2": "1234567890" + "1150" + "   " + "19450601" + "1" + "YAMADA".ljust(25) + "\x1b$B" + "!!" * 25 + "\x1b(J" + "1000001" + " " * 80
        + "\x1b$B" + "!!" * 80 + "\x1b(J" + "0100 20260701" + "00000000100" * 3 + " " * 73,
        "3": "000000002" + "00000000200" * 3 + " " * 437,
    }  # fmt: skip
    return "".join(kind + common + rest[kind] for kind in kinds).encode()


FAMILY_FILE_CASES = {
    "KOKI-F001": b"",
    "KOKI-F013": pension_records("1223")[:-1],
    "KOKI-F014": pension_records("1323"),
    "KOKI-F005": pension_records("1222223"),
    "KOKI-F007": pension_records("1223").replace(b"00000000100", b"00000000999", 1),
}


@pytest.mark.parametrize("code", sorted(FAMILY_FILE_CASES))
def test_a_file_of_blocks_with_a_wrong_length_order_count_or_sum_is_refused(code: str) -> None:
    result = read_family(FAMILY_FILE_CASES[code], FAMILY)
    assert code in {error.code for error in result.file_errors}
    assert result.data.accepted_count == 0


def test_a_block_without_its_trailer_is_refused() -> None:
    (error,) = read_family(pension_records("122"), FAMILY).file_errors
    assert (error.code, error.row_number) == ("KOKI-F014", None) or "ありません" in error.message


FIXED_ROW_CASES = {
    "KOKI-R115": (b"!!" * 25, b"!!" * 24 + b"\x01\x02", "name"),
    "KOKI-R116": (b"\x1b$B", b"\x1b(I", "shift_in_1"),
}


@pytest.mark.parametrize("code", sorted(FIXED_ROW_CASES))
def test_a_broken_fixed_length_record_is_refused_alone(code: str) -> None:
    right, wrong, column = FIXED_ROW_CASES[code]
    data = pension_records("1223")
    at = data.index(right)
    result = read_family(data[:at] + wrong + data[at + len(wrong) :], FAMILY)
    assert result.file_errors == []
    (error,) = result.data.errors
    assert (error.code, error.column, error.row_number) == (code, column, 2)
    assert result.data.row_numbers.to_list() == [3]
