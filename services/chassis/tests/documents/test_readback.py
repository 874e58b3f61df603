# SPDX-License-Identifier: Apache-2.0
"""A PDF that does not show its record, digit for digit and glyph for glyph, does not leave the house."""

import struct
from io import BytesIO
from pathlib import Path

import pytest
from chassis.documents import DocumentRefused, Renderer, read_back
from chassis.documents.glyphs import LOST, PageTexts, _codes, _with_plain_strings
from chassis.documents.readback import compare
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from services.chassis.tests.documents.sample_files import TEMPLATE, renderer, sheet, with_font_file, without_character


@pytest.fixture(scope="module")
def typesetter(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return renderer(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="module")
def finished(typesetter: Renderer) -> bytes:
    return typesetter.release("template.typ", sheet())


def _refusal(pdf: bytes, **changes: str) -> DocumentRefused:
    with pytest.raises(DocumentRefused) as refused:
        read_back(pdf, sheet(**changes).pages)
    return refused.value


def test_a_finished_page_reads_as_its_record(finished: bytes) -> None:
    assert list(PageTexts(finished)) == ["被保険者番号01234567氏名後期太郎金額95,100円"]


def test_the_same_text_is_read_by_an_independent_reader(finished: bytes) -> None:
    independent = "".join(PdfReader(BytesIO(finished)).pages[0].extract_text().split())
    assert independent == PageTexts(finished)[0]


def test_a_tagged_file_reads_as_an_untagged_one(typesetter: Renderer) -> None:
    texts = [list(PageTexts(typesetter.render("template.typ", sheet().data, tags=tags))) for tags in (True, False)]
    assert texts[0] == texts[1]


def test_a_lost_digit_is_refused_with_page_field_expected_and_found(finished: bytes) -> None:
    refused = _refusal(without_character(finished, "7"))
    assert (refused.code, refused.page, refused.field, refused.expected) == ("differs", 1, "被保険者番号", "01234567")
    assert refused.found == "0123456氏"
    assert "1ページ目「被保険者番号」" in str(refused)
    assert "発行しませんでした" in str(refused)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "01234568"}, "被保険者番号"),
        ({"name": "後期　次郎"}, "氏名"),
        ({"amount": "95,200円"}, "金額"),
        ({"amount": "5,100円"}, "金額"),
    ],
)
def test_a_page_of_another_record_is_refused(finished: bytes, changes: dict[str, str], field: str | None) -> None:
    assert _refusal(finished, **changes).field == field


def test_a_digit_that_no_field_accounts_for_is_refused(finished: bytes) -> None:
    refused = _refusal(finished, number="0123456")
    assert (refused.code, refused.field, refused.found) == ("unexpected_digits", "氏名", "7氏名")


def test_a_digit_after_the_last_field_is_refused() -> None:
    with pytest.raises(DocumentRefused) as refused:
        compare("金額5,100円0", (("金額", "5,100円"),), page=3)
    assert (refused.value.code, refused.value.page, refused.value.found) == ("unexpected_digits", 3, "金額5,100円0")


def test_two_amounts_in_each_others_place_are_refused() -> None:
    with pytest.raises(DocumentRefused):
        compare("第一期5,000円第二期6,000円", (("第一期", "6,000円"), ("第二期", "5,000円")), page=1)


def test_a_file_with_more_or_fewer_pages_is_refused(finished: bytes) -> None:
    with pytest.raises(DocumentRefused, match="ページ数") as refused:
        read_back(finished, sheet().pages * 2)
    assert (refused.value.expected, refused.value.found) == ("2ページ", "1ページ")


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(DocumentRefused) as refused:
        read_back(b"%PDF-1.7\nnothing", sheet().pages)
    assert refused.value.code == "unreadable"


@pytest.mark.parametrize("name", ["𠮷田　太郎", "😀田　太郎"])
def test_a_character_that_the_templates_font_lacks_is_refused_although_the_file_claims_to_show_it(typesetter: Renderer, name: str) -> None:
    with pytest.raises(DocumentRefused):
        typesetter.release("template.typ", sheet(name=name))


def test_a_box_for_a_missing_character_is_seen_where_the_usual_extraction_is_deceived(typesetter: Renderer) -> None:
    pdf = typesetter.render("template.typ", sheet(name="𠮷😀").data, tags=False)
    assert LOST in PageTexts(pdf)[0]


def test_a_missing_glyph_outside_the_expected_fields_is_refused(tmp_path: Path) -> None:
    typesetter = renderer(tmp_path, TEMPLATE.replace("金額", "金額😀"))
    with pytest.raises(DocumentRefused) as refused:
        typesetter.release("template.typ", sheet())
    assert refused.value.code == "missing_glyph"


def test_a_glyph_whose_outline_was_lost_in_a_font_swap_is_refused(finished: bytes) -> None:
    def empty_every_outline(font: bytearray) -> None:
        tables = {tag: (start, length) for tag, _, start, length in struct.iter_unpack(">4sIII", font[12 : 12 + 16 * font[5]])}
        start, length = tables[b"loca"]
        font[start : start + length] = bytes(length)

    emptied = with_font_file(finished, empty_every_outline)
    assert LOST in PageTexts(emptied)[0]
    assert _refusal(emptied).code == "differs"


def test_a_character_and_its_variant_that_share_a_glyph_are_both_read(typesetter: Renderer) -> None:
    name = "邉\U000e0100と邉"
    typesetter.release("template.typ", sheet(name=name))


@given(st.lists(st.integers(1, 0xFFFF).filter(lambda code: not 0xD800 <= code < 0xE000), min_size=1, max_size=20))
def test_every_way_of_writing_glyph_codes_is_read(codes: list[int]) -> None:
    raw = b"".join(struct.pack(">H", code) for code in codes)
    named = {8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r", 0x28: b"\\(", 0x29: b"\\)", 0x5C: b"\\\\"}
    escaped = b"".join(named.get(byte, bytes([byte]) if 32 <= byte < 127 else b"\\%03o" % byte) for byte in raw)
    for written in (b"(" + escaped + b")", b"<" + raw.hex().encode() + b">"):
        assert [ord(code) for code in _codes(_with_plain_strings(written))] == codes


@given(
    st.recursive(
        st.just(b""), lambda inner: st.tuples(inner, inner).map(lambda two: b"\\000(" + two[0] + b"\\000)" + two[1]), max_leaves=20
    )
)
def test_parentheses_that_balance_need_no_escape(inner: bytes) -> None:
    codes = _codes(_with_plain_strings(b"[(" + inner + b"\\0001)]").strip(b"[]"))
    assert codes == inner.decode().replace("\\000", "") + "1"
