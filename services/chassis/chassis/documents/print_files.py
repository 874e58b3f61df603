# SPDX-License-Identifier: Apache-2.0
"""印刷ファイル: letters to many people in files of many pages, each kept under its SHA-256, and the very pages of one of them again.

A letter that cannot be printed is left out with its reason; the rest is printed. `Sheet` knows its pages before it is typeset, so that
each letter's place in its file is known, and reading back has found its texts there.
"""

import asyncio
import hashlib
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import obstore
from pypdf import PdfReader, PdfWriter

from chassis.documents.refusal import DocumentRefused
from chassis.documents.renderer import Renderer, Sheet

PAGES_A_FILE: Final = 1_000


@dataclass(frozen=True, slots=True)
class PrintFile:
    """One file: `places` says of each letter (by its number) on which page it begins (from 0) and how many it has, in order."""

    pdf: bytes
    sha256: str
    places: Mapping[int, tuple[int, int]]

    @property
    def pages(self) -> int:
        return sum(count for _, count in self.places.values())


def typeset(
    renderer: Renderer, template: str, sheets: Mapping[int, Sheet], *, pages_per_file: int = PAGES_A_FILE
) -> tuple[list[PrintFile], dict[int, str]]:
    """The files of these letters (number → sheet), in their order, and who had to be left out of them (number → reason)."""
    try:
        return _files(renderer, template, sheets, pages_per_file), {}
    except DocumentRefused as refused:
        spoiling = _spoiling(renderer, template, list(sheets.items()), str(refused))
    left = {number: sheet for number, sheet in sheets.items() if number not in spoiling}
    return _files(renderer, template, left, pages_per_file), spoiling


def _files(renderer: Renderer, template: str, sheets: Mapping[int, Sheet], pages_per_file: int) -> list[PrintFile]:
    left = list(sheets.items())
    made = []
    for pdf in renderer.release_many(template, sheets.values(), pages_per_file=pages_per_file):
        places: dict[int, tuple[int, int]] = {}
        page, pages = 0, page_count(pdf)
        while page < pages:
            number, sheet = left.pop(0)
            places[number] = (page, len(sheet.pages))
            page += len(sheet.pages)
        made.append(PrintFile(pdf, hashlib.sha256(pdf).hexdigest(), places))
    assert not left, "each letter stands in a file"
    return made


def _spoiling(renderer: Renderer, template: str, sheets: list[tuple[int, Sheet]], reason: str) -> dict[int, str]:
    """Which of some letters that were refused together cannot be printed: each half is tried, down to the single letter."""
    if len(sheets) == 1:
        return {sheets[0][0]: reason}
    found: dict[int, str] = {}
    middle = len(sheets) // 2
    for half in (sheets[:middle], sheets[middle:]):
        try:
            _files(renderer, template, dict(half), PAGES_A_FILE)
        except DocumentRefused as refused:
            found |= _spoiling(renderer, template, half, str(refused))
    return found


async def keep(store: Any, folder: str, file: PrintFile) -> None:
    """Keep a file in the object store under its hash."""
    await obstore.put_async(store, key_of(folder, file.sha256), file.pdf)


def key_of(folder: str, sha256: str) -> str:
    """Where a print file lies in the object store."""
    return f"{folder}/{sha256}.pdf"


async def is_intact(store: Any, folder: str, sha256: str, pages: int) -> bool:
    """Whether what is stored is a file with this SHA-256 and so many pages."""
    content = bytes(await (await obstore.get_async(store, key_of(folder, sha256))).bytes_async())
    return hashlib.sha256(content).hexdigest() == sha256 and await asyncio.to_thread(page_count, content) == pages


def page_count(pdf: bytes) -> int:
    """How many pages a print file has."""
    return len(PdfReader(io.BytesIO(pdf)).pages)


def pages_of(pdf: bytes, first: int, count: int, sha256: str) -> bytes:
    """The pages of one letter, from page `first` (from 0), as a file of their own. DocumentRefused where the file is another."""
    return _only(pdf, range(first, first + count), sha256)


def without_pages(pdf: bytes, left_out: Collection[int], sha256: str) -> bytes:
    """A print file without some of its pages (from 0). DocumentRefused where the file is another."""
    return _only(pdf, [page for page in range(page_count(pdf)) if page not in left_out], sha256)


def _only(pdf: bytes, pages: Collection[int], sha256: str) -> bytes:
    if hashlib.sha256(pdf).hexdigest() != sha256:
        raise DocumentRefused("differs", "保存された印刷ファイルが、発行したときの内容と違います。")
    reader, writer = PdfReader(io.BytesIO(pdf)), PdfWriter()
    for page in pages:
        writer.add_page(reader.pages[page])
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
