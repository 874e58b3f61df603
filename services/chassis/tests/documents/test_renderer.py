# SPDX-License-Identifier: Apache-2.0
"""Typesetting: the same record gives the same bytes, print files have their pages, and nothing unread is released."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from chassis.documents import DocumentRefused, Renderer
from chassis.documents.glyphs import PageTexts
from pypdf import PdfReader

from services.chassis.tests.documents.sample_files import TEMPLATE, renderer, sheet


@pytest.fixture
def typesetter(tmp_path: Path) -> Renderer:
    return renderer(tmp_path)


def test_the_same_record_gives_the_same_bytes_on_another_day_in_another_process_and_folder(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for tags in (True, False):
        files = {renderer(tmp_path / folder).render("template.typ", sheet().data, tags=tags) for folder in ("one", "two")}
        assert len(files) == 1


def test_the_file_says_nothing_about_when_it_was_made(typesetter: Renderer) -> None:
    metadata = PdfReader(BytesIO(typesetter.release("template.typ", sheet()))).metadata
    assert metadata is not None
    assert metadata.creation_date is None


def test_print_files_have_at_most_the_pages_asked_for_in_the_order_given(typesetter: Renderer) -> None:
    sheets = [sheet(number=f"{number:08d}") for number in range(25)]
    files = list(typesetter.release_many("template.typ", sheets, pages_per_file=10))
    texts = [list(PageTexts(file)) for file in files]
    assert [len(pages) for pages in texts] == [10, 10, 5]
    assert [text[6:14] for pages in texts for text in pages] == [f"{number:08d}" for number in range(25)]


def test_typesetting_many_gives_what_releasing_many_reads(typesetter: Renderer) -> None:
    sheets = [sheet(number=f"{number:08d}") for number in range(5)]
    records = [one.data for one in sheets]
    assert list(typesetter.render_many("template.typ", records, pages_per_file=2)) == list(
        typesetter.release_many("template.typ", sheets, pages_per_file=2)
    )


def test_several_threads_may_ask_for_documents_at_once(typesetter: Renderer) -> None:
    with ThreadPoolExecutor(max_workers=4) as clerks:
        asked = [clerks.submit(typesetter.release, "template.typ", sheet(number=f"{number:08d}")) for number in range(24)]
    assert [PageTexts(each.result())[0][6:14] for each in asked] == [f"{number:08d}" for number in range(24)]


def test_no_records_give_no_files(typesetter: Renderer) -> None:
    assert list(typesetter.release_many("template.typ", [])) == []


def test_one_bad_record_stops_its_file_and_leaves_the_files_before_it(typesetter: Renderer) -> None:
    sheets = [sheet(number=f"{number:08d}") for number in range(5)]
    sheets.append(sheet(name="𠮷田　太郎"))
    files = typesetter.release_many("template.typ", sheets, pages_per_file=5)
    assert len(PageTexts(next(files))) == 5
    with pytest.raises(DocumentRefused) as refused:
        next(files)
    assert (refused.value.page, refused.value.field) == (1, "氏名")


def test_fonts_are_embedded_as_subsets(typesetter: Renderer) -> None:
    file = typesetter.release("template.typ", sheet())
    resources = PdfReader(BytesIO(file)).pages[0]["/Resources"]
    names = [font["/BaseFont"] for font in resources["/Font"].values()]  # type: ignore[index]
    assert all(name[7] == "+" for name in names)
    assert len(file) < 60_000


def test_a_font_that_the_house_does_not_have_is_refused_and_not_replaced(tmp_path: Path) -> None:
    typesetter = renderer(tmp_path, TEMPLATE.replace("BIZ UDMincho", "Noto Serif"))
    with pytest.raises(DocumentRefused) as refused:
        typesetter.release("template.typ", sheet())
    assert refused.value.code == "warning"


def test_marks_of_the_typesetting_language_in_a_record_are_printed_as_they_are(typesetter: Renderer) -> None:
    typesetter.release("template.typ", sheet(name='*太郎* #pagebreak() $x$ _"a"_ -- <b> \\ @c'))


def test_a_template_reads_no_file_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("1234", encoding="utf-8")
    (tmp_path / "templates").mkdir()
    typesetter = renderer(tmp_path / "templates", TEMPLATE + '#read("../secret.txt")')
    with pytest.raises(RuntimeError, match=r"access|root|outside"):
        typesetter.release("template.typ", sheet())
