# SPDX-License-Identifier: Apache-2.0
"""Print files: every letter has its place, one that cannot be printed is named and left out, and its very pages come out again."""

import hashlib
from pathlib import Path

import pytest
from chassis.documents import DocumentRefused, Renderer, Sheet
from chassis.documents.glyphs import PageTexts
from chassis.documents.print_files import is_intact, keep, page_count, pages_of, typeset, without_pages
from obstore.store import LocalStore

from services.chassis.tests.documents.sample_files import TEMPLATE, renderer, sheet

TWO_PAGES = TEMPLATE.replace("#record.amount]", '#record.amount]\n  if record.amount == "2円" { pagebreak(); [つづき #record.number] }')


@pytest.fixture
def typesetter(tmp_path: Path) -> Renderer:
    return renderer(tmp_path, TWO_PAGES)


def letter(number: int, *, long: bool = False, name: str = "後期　太郎") -> Sheet:
    """A letter of one page, or of two."""
    first = sheet(number=f"{number:08d}", name=name, amount="2円" if long else "1円")
    return Sheet(first.data, (*first.pages, (("つづき", f"{number:08d}"),))) if long else first


def test_a_letter_of_two_pages_is_not_divided_between_files_and_each_place_is_where_it_stands(typesetter: Renderer) -> None:
    sheets = {number: letter(number, long=number % 2 == 0) for number in range(1, 6)}
    files, refused = typeset(typesetter, "template.typ", sheets, pages_per_file=4)
    assert refused == {}
    assert [dict(file.places) for file in files] == [{1: (0, 1), 2: (1, 2), 3: (3, 1)}, {4: (0, 2), 5: (2, 1)}]
    assert [file.pages for file in files] == [page_count(file.pdf) for file in files] == [4, 3]
    for file in files:
        texts = PageTexts(file.pdf)
        assert all(f"{number:08d}" in texts[first] for number, (first, _) in file.places.items())


def test_letters_that_cannot_be_printed_are_named_with_their_reason_and_the_others_are_printed(typesetter: Renderer) -> None:
    sheets = {number: letter(number, name="𠮷田　太郎" if number in (2, 7) else "後期　花子") for number in range(1, 10)}
    (file,), refused = typeset(typesetter, "template.typ", sheets)
    assert sorted(refused) == [2, 7]
    assert all("「氏名」" in reason for reason in refused.values())
    assert list(file.places) == [1, 3, 4, 5, 6, 8, 9]
    assert not any("𠮷" in text for text in PageTexts(file.pdf))


def test_when_no_letter_can_be_printed_there_is_no_file(typesetter: Renderer) -> None:
    assert typeset(typesetter, "template.typ", {1: letter(1, name="𠮷田")})[0] == []
    assert typeset(typesetter, "template.typ", {}) == ([], {})


async def test_the_pages_of_one_letter_come_out_of_the_kept_file_and_of_no_other(typesetter: Renderer, tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path / "objects"), mkdir=True)
    (file,), _ = typeset(typesetter, "template.typ", {number: letter(number, long=number == 2) for number in (1, 2, 3)})
    await keep(store, "letters", file)

    assert file.sha256 == hashlib.sha256(file.pdf).hexdigest()
    assert await is_intact(store, "letters", file.sha256, 4)
    assert not await is_intact(store, "letters", file.sha256, 3)
    own = PageTexts(pages_of(file.pdf, 1, 2, file.sha256))
    assert len(own) == 2
    assert all("00000002" in text for text in own)
    others = PageTexts(without_pages(file.pdf, {1, 2}, file.sha256))
    assert len(others) == 2
    assert not any("00000002" in text for text in others)
    with pytest.raises(DocumentRefused):
        pages_of(file.pdf, 1, 2, "0" * 64)
