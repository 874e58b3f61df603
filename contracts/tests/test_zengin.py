# SPDX-License-Identifier: Apache-2.0
"""Direct debits of the banks, 120 bytes a record: request and result, and everything that can be wrong with them."""

from collections.abc import Callable

import polars as pl
import pytest
from contracts.layouts.families import encode_family, load_family, read_family

REQUEST, RESULT = load_family("zengin-120"), load_family("zengin-120", "result_family")
HEADER = pl.DataFrame(
    {
        "record_kind": ["1"], "business_kind": ["91"], "encoding_kind": ["0"], "consignor_code": ["0000012345"],
        "consignor_name": ["ﾁﾖﾀﾞｸ"], "debit_day": ["0731"], "bank_code": ["9901"], "bank_name": ["ｶｸｳ"], "branch_code": ["001"],
        "branch_name": ["ﾎﾝﾃﾝ"], "account_kind": ["1"], "account_number": ["1234567"],
    }
)  # fmt: skip


def debits(*parts: tuple[int, str]) -> pl.DataFrame:
    """Data records of (yen, result code)."""
    rows = [
        {
            "record_kind": "2", "bank_code": "9901", "bank_name": "ｶｸｳ", "branch_code": "102", "branch_name": "ｷﾀ", "account_kind": "1",
            "account_number": "0000001", "holder_kana": "ｶｸｳ ﾊﾅｺ", "amount": amount, "mandate_kind": "0",
            "customer_number": f"{number:020}", "result_code": code,
        }
        for number, (amount, code) in enumerate(parts, start=1)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_a_request_is_the_bytes_that_the_banks_publish() -> None:
    records = encode_family([(HEADER, debits((7_650, "0"), (7_200, "0")))], REQUEST)

    lines = [records[at : at + 120] for at in range(0, len(records), 120)]
    assert [line[:1] for line in lines] == [b"1", b"2", b"2", b"8", b"9"]
    assert (
        lines[0]
        == b"1910"
        + b"0000012345"
        + b"\xc1\xd6\xc0\xde\xb8".ljust(40)
        + b"0731"
        + b"9901"
        + b"\xb6\xb8\xb3".ljust(15)
        + b"001"
        + b"\xce\xdd\xc3\xdd".ljust(15)
        + b"1"
        + b"1234567"
        + b" " * 17
    )
    assert lines[1][80:112] == b"0000007650" + b"0" + b"00000000000000000001" + b"0"
    assert lines[3] == b"8" + b"000002" + b"000000014850" + b"0" * 36 + b" " * 65
    assert lines[4] == b"9" + b" " * 119


@pytest.mark.parametrize("line_end", [b"", b"\r\n"])
def test_a_result_is_read_back_with_its_six_totals_whether_or_not_the_bank_adds_line_ends(line_end: bytes) -> None:
    rows = debits((7_650, "0"), (7_200, "1"), (300, "0"))
    written = encode_family([(HEADER, rows)], RESULT)
    sent = b"".join(written[at : at + 120] + line_end for at in range(0, len(written), 120))

    found = read_family(sent, RESULT)

    assert found.file_errors == []
    assert found.data.frame.to_dicts() == rows.to_dicts()
    assert found.trailers.frame.row(0) == ("8", 3, 15_150, 2, 7_950, 1, 7_200)
    assert found.headers.frame.row(0, named=True)["debit_day"] == "0731"


SPOILED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a record is lost": (lambda data: data[:240] + data[360:], "KOKI-F005"),
    "an amount is another": (lambda data: data.replace(b"0000007650", b"0000007651", 1), "KOKI-F007"),
    "a paid one is called failed": (lambda data: data[:231] + b"1" + data[232:], "KOKI-F007"),
    "the end is lost": (lambda data: data[:-120], "KOKI-F014"),
    "the file is cut": (lambda data: data[:-1], "KOKI-F013"),
    "something follows the end": (lambda data: data + data[-120:], "KOKI-F014"),
    "the trailer is lost": (lambda data: data[:-240] + data[-120:], "KOKI-F014"),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_result_that_does_not_agree_with_itself_is_refused_as_a_whole(fault: str) -> None:
    """I-29. Without the check of the count, and without that of the sums, their faults passed."""
    spoil, code = SPOILED[fault]
    data = encode_family([(HEADER, debits((7_650, "0"), (7_200, "1")))], RESULT)

    found = read_family(spoil(data), RESULT)

    assert code in {error.code for error in found.file_errors}
    assert found.data.accepted_count == 0


def test_a_request_that_already_claims_results_is_refused() -> None:
    data = encode_family([(HEADER, debits((7_650, "0")))], RESULT)
    assert {error.column for error in read_family(data, REQUEST).file_errors} >= {"paid_amount"}


def test_several_consignors_stand_in_one_file_with_one_end() -> None:
    data = encode_family([(HEADER, debits((100, "0"))), (HEADER, debits((200, "1"), (300, "0")))], RESULT)
    found = read_family(data, RESULT)
    assert (found.file_errors, found.blocks.rows()) == ([], [(1, 3), (4, 7)])
