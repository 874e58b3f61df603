# SPDX-License-Identifier: Apache-2.0
"""What is written is read back unchanged: every type, every encoding, CSV and fixed length."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from contracts.eras import ERAS
from contracts.layouts.checks import dtype_of
from contracts.layouts.families import encode_family, load_family, read_family
from contracts.layouts.jis import TO_MICROSOFT, decode_mixed, encode_mixed, encode_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.layouts import (
    Control,
    Encoding,
    Layout,
    Unwritable,
    encode_file,
    known_layouts,
    load_layout,
    read_control,
    read_file,
    write_control,
    write_file,
)

ENCODINGS: tuple[Encoding, ...] = ("UTF-8", "CP932", "JIS")
AT = datetime(2026, 7, 13, 9, tzinfo=UTC)
LATEST = date(2099, 12, 31)


def all_types(form: str, encodings: tuple[Encoding, ...]) -> Layout:
    """A record with one field of every type and date format."""
    mixed = {"escapes": "inside"} if form == "fixed" and encodings == ("JIS",) else {}
    kinds: list[dict[str, Any]] = [
        {"name": "code", "type": "X", "length": 8},
        {"name": "text", "type": "N", "length": 40, **mixed},
        {"name": "count", "type": "9", "length": 12},
        {"name": "yen", "type": "S9", "length": 19},
        {"name": "day", "type": "DATE", "format": "YYYY-MM-DD", "length": 10},
        {"name": "short_day", "type": "DATE", "format": "YYYYMMDD", "length": 8},
        {"name": "era_day", "type": "DATE", "format": "ERA", "length": 7, "latest": LATEST},
        {"name": "month_day", "type": "DATE", "format": "MMDD", "length": 4},
        {"name": "year", "type": "YEAR", "length": 4},
        {"name": "clock", "type": "TIME", "length": 8},
        {"name": "stamp", "type": "TIMESTAMP", "length": 32},
    ]
    at = 1
    for kind in kinds:
        kind |= {"term": kind["name"], "required": False, "description": "", "evidence": "own"}
        if form == "fixed":
            kind["offset"] = at
            at += kind["length"]
    return Layout.model_validate(
        {
            "name": "everything",
            "version": "test",
            "term": "",
            "meaning": "",
            "format": form,
            "encodings": encodings,
            "fields": kinds,
            "record_length": at - 1 if form == "fixed" else None,
        }
    )


LAYOUTS = {(form, encoding): all_types(form, (encoding,)) for form in ("csv", "fixed") for encoding in ENCODINGS}


@cache
def alphabet_of(encoding: Encoding) -> st.SearchStrategy[str]:
    """Characters that the encoding has, and the ones that trouble CSV."""
    awkward = ',"\\ 　'
    match encoding:
        case "UTF-8":
            return st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffd\ufeff") | st.sampled_from(
                awkward + "𠮷葛󠄀"
            )
        case "CP932":
            pairs = [
                bytes((high, low)) for high in (*range(0x81, 0xA0), *range(0xE0, 0xFD)) for low in (*range(0x40, 0x7F), *range(0x80, 0xFD))
            ]
            known = "".join(pair.decode("cp932", errors="ignore") for pair in pairs)
            return st.sampled_from(sorted({character for character in known if ord(character) > 0x9F})) | st.sampled_from(awkward + "ｱﾝ")
        case _:
            euc = [bytes((high, low)) for high in range(0xA1, 0xFF) for low in range(0xA1, 0xFF)]
            return st.sampled_from([c.translate(TO_MICROSOFT) for c in (pair.decode("euc_jp", errors="ignore") for pair in euc) if c])


@cache
def rows_of(encoding: Encoding, *, is_fixed: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    text = st.text(alphabet_of(encoding), min_size=1, max_size=10 if is_fixed else 40)
    if is_fixed:
        text = text.filter(lambda value: value == value.rstrip(" 　") and value != "" and len(value.encode()) <= 34)
    code = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8)
    days = st.dates(min_value=date(1868, 1, 25), max_value=LATEST)
    edges = st.sampled_from([edge for era in ERAS for edge in (era.first_day, era.last_day) if edge])
    row = {
        "code": code,
        "text": text,
        "count": st.integers(0, 10**12 - 1),
        "yen": st.integers(-(10**18) + 1, 10**18 - 1),
        "day": days,
        "short_day": days,
        "era_day": days | edges,
        "month_day": days.map(lambda day: f"{day:%m%d}"),
        "year": st.integers(1900, 2999),
        "clock": st.times().map(lambda value: time(value.hour, value.minute, value.second)),
        "stamp": st.integers(0, 4 * 10**15).map(lambda value: AT + timedelta(microseconds=value - 10**15)),
    }
    return st.lists(st.fixed_dictionaries({name: st.none() | values for name, values in row.items()}), max_size=6)


def frame_of(rows: list[dict[str, Any]], layout: Layout) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={field.name: dtype_of(field) for field in layout.fields})


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_csv_file_is_read_back_as_it_was_written(encoding: Encoding, data: st.DataObject) -> None:
    layout = LAYOUTS["csv", encoding]
    frame = frame_of(data.draw(rows_of(encoding, is_fixed=False)), layout)
    quoting: Any = data.draw(st.sampled_from(["necessary", "always"]))
    line_end: Any = data.draw(st.sampled_from(["\r\n", "\n"]))

    result = read_file(encode_file(frame, layout, encoding=encoding, quoting=quoting, line_end=line_end), layout, None)

    assert (result.file_errors, result.errors) == ([], [])
    assert result.frame.to_dicts() == frame.to_dicts()
    assert result.frame.schema == frame.schema


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_fixed_length_file_is_read_back_as_it_was_written(encoding: Encoding, data: st.DataObject) -> None:
    layout = LAYOUTS["fixed", encoding]
    rows = data.draw(rows_of(encoding, is_fixed=True).filter(bool))
    frame = frame_of(rows, layout)
    line_end: Any = data.draw(st.sampled_from(["\r\n", "\n", ""]))

    written = encode_file(frame, layout, encoding=encoding, line_end=line_end)
    result = read_file(written, layout, None)

    assert len(written) == frame.height * ((layout.record_length or 0) + len(line_end))
    assert (result.file_errors, result.errors) == ([], [])
    assert result.frame.to_dicts() == frame.to_dicts()


@given(st.text(alphabet_of("JIS") | st.sampled_from("ｱｲｳ ABC123"), max_size=30))
def test_text_that_mixes_kanji_and_kana_keeps_its_escapes_straight(text: str) -> None:
    assert decode_mixed(encode_mixed(text)) == text


def test_kanji_stand_between_their_escapes_and_the_length_counts_them() -> None:
    assert encode_mixed("A山ｱ") == b"A\x1b$B;3\x1b(J\xb1"
    assert encode_pairs("山") == b";3"


@pytest.mark.parametrize("kind", [name for version, name in known_layouts() if version == "koki-1" and name != "control"])
def test_the_published_samples_read_clean_and_write_back_byte_for_byte(kind: str, tmp_path: Path) -> None:
    folder = Path(__file__).parents[1] / "samples" / "koki-1"
    control = read_control(folder / f"{kind}.control.json")
    code = control.municipality_code
    result = read_file(folder / f"{kind}.csv", None, control, known_municipalities={code})
    assert (result.file_errors, result.errors) == ([], [])
    assert result.accepted_count == control.row_count >= 2

    again = write_file(
        result.frame, load_layout(kind), tmp_path / f"{kind}.csv", municipality_code=code, generation=1, created_at=control.created_at
    )
    assert (tmp_path / f"{kind}.csv").read_bytes() == (folder / f"{kind}.csv").read_bytes()
    assert again == control


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_control_file_is_read_back_as_it_was_written(form: Any, tmp_path: Path) -> None:
    control = Control(
        "koki-1", "incomes", "所得.csv", "131016", 7, AT, "CP932", 2, "ab" * 32, {"declared_count": 2, "other_income_sum": -5}
    )
    write_control(control, tmp_path / "control", form=form)
    assert read_control(tmp_path / "control") == control


def test_a_character_that_the_encoding_lacks_is_named_with_row_and_column() -> None:
    layout = all_types("csv", ("CP932",))
    frame = frame_of([{"code": "1", "text": "吉田"}, {"code": "2", "text": "𠮷田"}], layout)
    with pytest.raises(Unwritable, match=r"2行目の「text」.*𠮷"):
        encode_file(frame, layout, encoding="CP932")
    fixed = all_types("fixed", ("JIS",))
    with pytest.raises(Unwritable, match=r"1行目の「text」.*𠮷"):
        encode_file(frame_of([{"text": "𠮷田"}], fixed), fixed, encoding="JIS")


def test_a_value_too_long_for_its_bytes_is_never_cut() -> None:
    layout = all_types("fixed", ("CP932",))
    with pytest.raises(Unwritable, match="40バイトに入りません"):
        encode_file(frame_of([{"text": "山" * 21}], layout), layout, encoding="CP932")


def test_the_six_characters_with_two_places_in_unicode_can_always_be_written() -> None:
    layout = all_types("csv", ("UTF-8", "CP932", "JIS"))
    frame = frame_of([{"text": "〜‖−¢£¬"}, {"text": "～∥－￠￡￢"}], layout)
    for encoding in ("CP932", "JIS"):
        result = read_file(encode_file(frame, layout, encoding=encoding), layout, None, encoding=encoding)
        assert result.frame.get_column("text").to_list() == ["～∥－￠￡￢"] * 2


def test_columns_may_stand_in_any_order_and_a_byte_order_mark_is_no_part_of_a_name() -> None:
    layout = all_types("csv", ("UTF-8",))
    frame = frame_of([{"code": "1", "text": "山"}], layout)
    data = b"\xef\xbb\xbf" + frame.select(reversed(frame.columns)).write_csv().encode()
    assert read_file(data, layout, None).frame.to_dicts() == frame.to_dicts()


@pytest.mark.parametrize("data", [b"a\n", b"a", b"a\r\n"])
def test_a_file_with_a_header_and_no_rows_is_an_empty_delivery(data: bytes) -> None:
    layout = all_types("csv", ("UTF-8",))
    header = ",".join(layout.names).encode()
    result = read_file(data.replace(b"a", header), layout, None)
    assert (result.file_errors, result.row_count, result.frame.columns) == ([], 0, layout.names)


@pytest.mark.parametrize("body", ["\n", "\r\n", "1\n", '"1"\n', "1,2\n\n" + "," * 10 + "\n", '"a\nb"' + "," * 11 + "\n"])
def test_rows_with_the_wrong_number_of_columns_are_counted_and_refused(body: str) -> None:
    layout = all_types("csv", ("UTF-8",))
    result = read_file((",".join(layout.names) + "\n" + body).encode(), layout, None)
    assert result.file_errors == []
    assert "KOKI-R111" in {error.code for error in result.errors}
    assert result.row_count == result.accepted_count + result.refused_count


def test_a_pension_file_of_two_blocks_is_read_back_with_its_counts_and_sums() -> None:
    family = load_family("pension-500")
    common = {
        "municipality_number": "13101",
        "collector_code": "000",
        "notice_code": "01",
        "scheme_code": "2",
        "created_on": date(2026, 7, 1),
    }
    person = {
        "basic_pension_number": "1234567890",
        "pension_code": "1150",
        "born_on": date(1945, 6, 1),
        "sex": "1",
        "name_kana": "ﾔﾏﾀﾞ ﾀﾛｳ",
        "name": "山田　太郎",
        "postal_code": "1000001",
        "address_kana": "ﾁﾖﾀﾞｸ",
        "address": "千代田区千代田１－１",
        "request_kind": "01",
        "outcome_code": "00",
        "transfer_code": None,
        "dated_on": None,
        "amount_1": 9_600,
        "amount_2": 9_500,
        "amount_3": 0,
        "mutual_aid_number": None,
    }
    header = pl.DataFrame([{"record_kind": "1", "medium_code": "6", **common}])
    people = pl.DataFrame(
        [{"record_kind": "2", **common, **person}, {"record_kind": "2", **common, **person, "amount_1": 100, "name": None}]
    )
    people = people.cast({"transfer_code": pl.String, "dated_on": pl.Date, "mutual_aid_number": pl.String})

    data = encode_family([(header, people), (header, people.head(0))], family)
    result = read_family(data, family)

    assert len(data) == 6 * 500
    assert (result.file_errors, result.data.errors, result.headers.errors, result.trailers.errors) == ([], [], [], [])
    assert result.data.frame.to_dicts() == people.select(result.data.frame.columns).to_dicts()
    assert result.trailers.frame.select("total_count", "total_amount_1").rows() == [(2, 9_700), (0, 0)]
    assert result.blocks.rows() == [(1, 4), (5, 6)]
