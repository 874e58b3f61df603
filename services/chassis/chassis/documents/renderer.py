# SPDX-License-Identifier: Apache-2.0
"""Typesetting with Typst: one compiler kept per folder of templates, and nothing handed out that was not read back.

A template gets `json(bytes(sys.inputs.data))`: `common` (for the whole file) and `records` (one after the other, each on new pages).
It may import `@koki/forms:1.0.0`, the house's letter paper. Only the fonts of the house are known to it; nothing is fetched.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import typst

from chassis.documents.fonts import typefaces
from chassis.documents.readback import Expected, read_back
from chassis.documents.refusal import DocumentRefused

HOUSE_PACKAGES: Final = Path(__file__).parent / "typst"
NO_CLOCK: Final = 0
"""Seconds since 1970 that Typst takes for the present: the same record gives the same bytes on any day."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One record on paper: `data` for the template, and for each of its pages what must be read back, from the same record."""

    data: Mapping[str, object]
    pages: tuple[Expected, ...]


class Renderer:
    """Typesets the templates of one folder. Keep one per process: the compiler remembers what it has laid out.

    May be called from several threads; in asyncio through `asyncio.to_thread`, since a page takes some milliseconds.
    """

    def __init__(self, template_folder: Path, *, font_folders: tuple[Path, ...] | None = None) -> None:
        self._folder = template_folder
        self._one_at_a_time = Lock()  # Typst's compiler refuses a second call while it works; it uses all cores itself
        self._compiler = typst.Compiler(
            root=template_folder, font_paths=typefaces(font_folders).for_typst, ignore_system_fonts=True, package_path=HOUSE_PACKAGES
        )

    def release(self, template: str, sheet: Sheet, *, tags: bool = True, common: Mapping[str, object] | None = None) -> bytes:
        """One document, typeset and read back. `tags`: with the structure that a screen reader needs (letters opened on a screen).

        Raises `DocumentRefused`.
        """
        pdf = self.render(template, sheet.data, tags=tags, common=common)
        read_back(pdf, sheet.pages)
        return pdf

    def release_many(
        self,
        template: str,
        sheets: Iterable[Sheet],
        *,
        pages_per_file: int = 1000,
        tags: bool = False,
        common: Mapping[str, object] | None = None,
    ) -> Iterator[bytes]:
        """Print files of at most `pages_per_file` pages, each read back in full; the next is typeset while one is read.

        Raises `DocumentRefused` for the first file with a difference; files yielded before it stay good.
        """
        chunks = _by_pages(sheets, pages_per_file)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="typesetter") as typesetter:
            waiting = [(chunk, typesetter.submit(self._compile, template, _records(chunk), common, tags)) for chunk in _first(chunks)]
            while waiting:
                chunk, typeset = waiting.pop()
                waiting = [(later, typesetter.submit(self._compile, template, _records(later), common, tags)) for later in _first(chunks)]
                pdf = typeset.result()
                read_back(pdf, [page for sheet in chunk for page in sheet.pages])
                yield pdf

    def render(self, template: str, data: Mapping[str, object], *, tags: bool, common: Mapping[str, object] | None = None) -> bytes:
        """One record typeset, not yet read back: for previews and tests. What people get comes from `release`."""
        return self._compile(template, [data], common, tags)

    def render_many(
        self,
        template: str,
        records: Sequence[Mapping[str, object]],
        *,
        pages_per_file: int = 1000,
        tags: bool = False,
        common: Mapping[str, object] | None = None,
    ) -> Iterator[bytes]:
        """Records of one page each, typeset in files of `pages_per_file`, not yet read back."""
        for start in range(0, len(records), pages_per_file):
            yield self._compile(template, records[start : start + pages_per_file], common, tags)

    def _compile(self, template: str, records: Sequence[Mapping[str, object]], common: Mapping[str, object] | None, tags: bool) -> bytes:
        data = json.dumps({"common": common or {}, "records": records}, ensure_ascii=False, separators=(",", ":"))
        with self._one_at_a_time:
            pdf, warnings = self._compiler.compile_with_warnings(
                self._folder / template, format="pdf", sys_inputs={"data": data}, timestamp=NO_CLOCK, pdf_tags=tags
            )
        if warnings:
            raise DocumentRefused("warning", f"組版の警告があります({warnings[0].message})。")
        assert isinstance(pdf, bytes), "format pdf gives one file"
        return pdf


def _records(sheets: Sequence[Sheet]) -> list[Mapping[str, object]]:
    return [sheet.data for sheet in sheets]


def _first(chunks: Iterator[list[Sheet]]) -> Iterator[list[Sheet]]:
    """The next chunk, or nothing at the end."""
    for chunk in chunks:
        yield chunk
        return


def _by_pages(sheets: Iterable[Sheet], pages_per_file: int) -> Iterator[list[Sheet]]:
    """Runs of sheets with at most `pages_per_file` pages; a sheet is never divided."""
    chunk: list[Sheet] = []
    pages = 0
    for sheet in sheets:
        if chunk and pages + len(sheet.pages) > pages_per_file:
            yield chunk
            chunk, pages = [], 0
        chunk.append(sheet)
        pages += len(sheet.pages)
    if chunk:
        yield chunk
