"""Files of 500 and 550 bytes as payers, the agency and the care office write and read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import polars as pl
from contracts.layouts.families import Family, encode_family, encode_front, load_family, read_family
from contracts.layouts.site_codes import Notice, load_site_codes

CODES: Final = load_site_codes("sample")
FAMILY: Final = load_family("pension-500", site_codes=CODES.for_layouts)
CARE_FAMILY: Final = load_family("pension-550", site_codes=CODES.for_layouts)
AGENCY: Final = "88888"
"""提出元 of the agency, the pension service and the mutual aid associations; no municipality has this number."""
EMPTY: Final = {
    "postal_code": None, "address_kana": None, "request_kind": None, "outcome_code": None, "transfer_code": None, "dated_on": None,
    "amount_1": 0, "amount_2": 0, "amount_3": 0, "mutual_aid_number": None,
}  # fmt: skip
CARE_EMPTY: Final = {
    "care_insured_number": None, "personal_code_kind": "0", "personal_code": None, "care_domicile_exception": "0", "captured_on": None,
    "waits": "0",
}  # fmt: skip


def write(
    lines: Sequence[dict[str, Any]], notice: Notice, made_on: date, *, scheme: str = "late_elderly", family: Family = FAMILY
) -> bytes:
    """A file of blocks in ascending order of municipality and payer; `lines`: columns of the data record, missing ones are empty."""
    blocks = []
    places = sorted({(line["municipality_number"], line["collector_code"]) for line in lines})
    for town, collector in places:
        common = {
            "municipality_number": town, "collector_code": collector, "notice_code": CODES.code("notice", notice),
            "scheme_code": CODES.code("scheme", scheme), "created_on": made_on,
        }  # fmt: skip
        own = [line for line in lines if (line["municipality_number"], line["collector_code"]) == (town, collector)]
        names = [field.name for field in family.data.data_fields]
        extra = CARE_EMPTY if family is CARE_FAMILY else {}
        full = [{**EMPTY, **extra, **line, **common, "record_kind": "2"} for line in own]
        rows = [{name: line[name] for name in names} for line in full]
        header = pl.DataFrame([{**common, "record_kind": "1", "medium_code": None}])
        blocks.append((header, pl.DataFrame(rows, infer_schema_length=None)))
    front = encode_front(AGENCY, made_on, len(blocks), family) if family.front else b""
    return front + encode_family(blocks, family)


def read(content: bytes) -> list[dict[str, Any]]:
    """The lines of a file with the role of its notice as `notice`. ValueError where anything is wrong: a partner refuses it whole."""
    result = read_family(content, FAMILY)
    if result.file_errors or result.data.errors:
        raise ValueError(f"{result.file_errors[:3]} {result.data.errors[:3]}")
    return [{**line, "notice": CODES.notice[line["notice_code"]].role} for line in result.data.frame.to_dicts()]


def by_town(lines: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Lines by five-digit municipality, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["municipality_number"], []).append(line)
    return dict(sorted(found.items()))
