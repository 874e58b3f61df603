# SPDX-License-Identifier: Apache-2.0
"""Every way in which a control file can be wrong."""

import json
from datetime import date
from typing import Any

import pytest

from contracts.layouts import ControlRefused, read_control


def control_bytes(**other: Any) -> bytes:
    items: dict[str, Any] = {
        "layout_version": "koki-1",
        "kind": "residents",
        "file_name": "a.csv",
        "municipality_code": "131016",
        "generation": 1,
        "created_at": "2026-07-13T09:00:00+09:00",
        "encoding": "UTF-8",
        "row_count": 0,
        "sha256": "0" * 64,
        "control_totals": {},
    }
    return json.dumps({**items, **other}).encode()


@pytest.mark.parametrize(
    ("data", "code", "column"),
    [
        (b"\xff\xfe", "KOKI-F011", None),
        (b"{not json", "KOKI-F011", None),
        (b"a,b\n1\n", "KOKI-F011", None),
        (b"", "KOKI-F011", None),
        (control_bytes(sha256="ABC"), "KOKI-F012", "sha256"),
        (control_bytes(generation=0), "KOKI-F012", "generation"),
        (control_bytes(row_count="3"), "KOKI-F012", "row_count"),
        (control_bytes(created_at="2026-07-13T09:00:00"), "KOKI-F012", "created_at"),
        (control_bytes(created_at="13 July"), "KOKI-F012", "created_at"),
        (control_bytes(municipality_code="131017"), "KOKI-F012", "municipality_code"),
        (control_bytes(control_totals={"a": 1.5}), "KOKI-F012", "control_totals"),
        (control_bytes(kind=None), "KOKI-F012", "kind"),
        (control_bytes(encoding=8), "KOKI-F012", "encoding"),
        (control_bytes(complete_as_of="R8.7.1"), "KOKI-F012", "complete_as_of"),
        (control_bytes(complete_as_of="20260701"), "KOKI-F012", "complete_as_of"),
        (control_bytes(complete_as_of=20260701), "KOKI-F012", "complete_as_of"),
    ],
)
def test_a_wrong_control_file_is_refused_and_the_item_named(data: bytes, code: str, column: str | None) -> None:
    with pytest.raises(ControlRefused) as caught:
        read_control(data)
    assert [(error.code, error.column) for error in caught.value.errors] == [(code, column)]


@pytest.mark.parametrize(("said", "read"), [("2026-07-01", date(2026, 7, 1)), ("", None), (None, None)])
def test_the_mark_of_completeness_is_a_day_or_nothing(said: str | None, read: date | None) -> None:
    """I-23."""
    assert read_control(control_bytes(complete_as_of=said)).complete_as_of == read
    assert read_control(control_bytes()).complete_as_of is None
