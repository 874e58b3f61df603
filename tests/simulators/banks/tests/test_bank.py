"""The bank that is played answers every debit once, by its dials, in the layout of the banks."""

from __future__ import annotations

import polars as pl
import pytest
from contracts.layouts.families import encode_family, read_family

from tests.simulators.banks.bank import FAULTS, FUNDS, NO_ACCOUNT, REQUEST, RESULT, CannotRead, Dials, answer

HEADER = pl.DataFrame(
    {
        "record_kind": ["1"], "business_kind": ["91"], "encoding_kind": ["0"], "consignor_code": ["0000000101"],
        "consignor_name": ["ﾁﾖﾀﾞｸ"], "debit_day": ["0731"], "bank_code": ["9901"], "bank_name": ["ｶｸｳ"], "branch_code": ["001"],
        "branch_name": ["ﾎﾝﾃﾝ"], "account_kind": ["1"], "account_number": ["1000001"],
    }
)  # fmt: skip


def request(debits: int) -> bytes:
    frame = pl.DataFrame(
        {
            "record_kind": "2", "bank_code": "9901", "bank_name": "ｶｸｳ", "branch_code": "102", "branch_name": "ｷﾀ", "account_kind": "1",
            "account_number": [f"{number:07}" for number in range(debits)], "holder_kana": "ｶｸｳ ﾊﾅｺ", "amount": 7_200,
            "mandate_kind": "0", "customer_number": [f"{number:020}" for number in range(debits)], "result_code": "0",
        }
    )  # fmt: skip
    return encode_family([(HEADER, frame)], REQUEST)


def test_every_debit_is_answered_and_about_as_many_fail_as_the_dials_say() -> None:
    found = read_family(answer(request(4_000), Dials({FUNDS: 0.1, NO_ACCOUNT: 0.05})), RESULT)
    counts = dict(found.data.frame["result_code"].value_counts().iter_rows())
    assert (found.file_errors, sum(counts.values())) == ([], 4_000)
    assert 300 < counts[FUNDS] < 500
    assert 120 < counts[NO_ACCOUNT] < 280


def test_an_account_that_is_named_always_fails_and_the_same_seed_gives_the_same_bytes() -> None:
    dials = Dials({FUNDS: 0.5}, accounts={"0000003": NO_ACCOUNT})
    found = read_family(answer(request(10), dials), RESULT)
    assert found.data.frame["result_code"][3] == NO_ACCOUNT
    assert answer(request(10), dials) == answer(request(10), dials)


def test_a_request_whose_totals_do_not_agree_is_sent_back() -> None:
    sent = request(3)
    with pytest.raises(CannotRead):
        answer(sent[:120] + sent[240:])


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_changes_the_file(fault: str) -> None:
    results = answer(request(5), Dials(accounts={"0000001": FUNDS}))
    assert FAULTS[fault](results) != results
