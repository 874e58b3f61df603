"""The office fetches, checks and confirms; what is not what it should be is not confirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.layouts import read_control, sha256_of, write_control
from tests.simulators.municipality.receiver import DOWN, FileUnfit, receive

SAMPLES = Path("contracts/samples/koki-1")
DATA = (SAMPLES / "qualifications.csv").read_bytes()
CONTROL = (SAMPLES / "qualifications.control.json").read_bytes()


def gateway(data: bytes, control: bytes, receipts: list[Any]) -> httpx.Client:
    """The door of the union with one file behind it."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Basic ")
        path = request.url.path.removeprefix(DOWN)
        listed = {"kind": "qualifications", "generation": 1, "is_whole": False, "rows": 3, "confirmed_at": None}
        if path == "/qualifications/1/receipt":
            receipts.append(request.read())
            return httpx.Response(200, json={**listed, "confirmed_at": "2026-07-14T09:00:00+09:00"})
        found: dict[str, Any] = {"": {"json": [listed, {**listed, "generation": 2, "confirmed_at": "2026-07-14T09:00:00+09:00"}]}}
        found |= {"/qualifications/1": {"content": data}, "/qualifications/1/control": {"content": control}}
        return httpx.Response(200, **found[path])

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://gateway")


def test_a_right_file_is_kept_and_confirmed_with_its_hash(tmp_path: Path) -> None:
    receipts: list[Any] = []
    (received,) = receive(gateway(DATA, CONTROL, receipts), "131016", secret="x", folder=tmp_path)
    assert received.data == DATA
    assert set(received.rows) == {"00000001", "00000002", "00000003"}
    assert [sha256_of(DATA) in receipt.decode() for receipt in receipts] == [True]
    assert (tmp_path / "qualifications.csv").read_bytes() == DATA


@pytest.mark.parametrize(
    ("data", "control"),
    [
        (DATA + b"\r\n", CONTROL),
        (DATA, write_control(replace(read_control(CONTROL), municipality_code="132012"))),
        (DATA, write_control(replace(read_control(CONTROL), generation=7))),
        (DATA, write_control(replace(read_control(CONTROL), row_count=2))),
    ],
    ids=["other bytes", "somebody else's", "another generation", "wrong count"],
)
def test_a_file_that_is_not_what_it_promises_is_not_confirmed(data: bytes, control: bytes) -> None:
    receipts: list[Any] = []
    with pytest.raises(FileUnfit):
        receive(gateway(data, control, receipts), "131016", secret="x")
    assert receipts == []
