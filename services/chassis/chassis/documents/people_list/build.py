# SPDX-License-Identifier: Apache-2.0
"""What stands on the pages of a list, from its rows; and what must be read back from them, from the same rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl
from contracts.eras import format_day_short

from chassis.documents import GOTHIC, MINCHO, MOJI_JOHO, DocumentRefused, Expected, Renderer, Sheet, fit
from chassis.documents.fonts import PLACEHOLDER, typefaces
from chassis.lists import ROWS_A_PAGE, STRUCK, Column

LEFT_EDGE: Final = 30
GAP: Final = 5
"""Points between a cell and the next column."""
SIZES: Final = ((8.0, 1), (7.0, 2), (6.0, 2), (5.0, 3), (4.0, 4))
UNPRINTABLE: Final = "※"
"""In the place of what no font shows: a list of many is not kept back for one character, and never shows a part of a name."""
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class ListPaper:
    """One list: `lines` say of which days it is, `place` whose people, `foot` when and by whom it was printed, `totals` stand at its end.
    `pages` and `rows` are those of the whole list, of which a volume shows a part."""

    title: str
    lines: tuple[str, ...]
    place: str
    foot: str
    totals: str
    columns: tuple[Column, ...]
    rows: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.rows // ROWS_A_PAGE))


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for lists."""
    return Renderer(Path(__file__).parent)


def render(paper: ListPaper, rows: pl.DataFrame, *, first: int) -> tuple[bytes, int, int]:
    """A volume: the PDF of `rows`, which begin at row `first` (from 0) of the list; its pages, and its rows with a mark.

    Read back in full. `first` begins a page. Raises `DocumentRefused`.
    """
    if first % ROWS_A_PAGE:
        raise DocumentRefused("inconsistent", f"{first + 1}行目はページの初めではありません。")
    common = {
        "title": paper.title,
        "lines": "　".join(paper.lines),
        "place": paper.place,
        "foot": paper.foot,
        "columns": [{"x": x, "term": column.term} for x, column in zip(places(paper.columns), paper.columns, strict=False)],
    }
    marks = [0]
    sheets = list(_sheets(paper, rows, first, marks))
    (pdf,) = renderer().release_many("template.typ", sheets, pages_per_file=len(sheets), common=common)
    return pdf, len(sheets), marks[0]


def places(columns: Sequence[Column]) -> list[int]:
    """Where each column begins, and at the end where the last one ends: points from the left edge of the paper."""
    found, x = [], float(LEFT_EDGE)
    for column in columns:
        found.append(round(x))
        x += column.width + GAP
    return [*found, round(x) - GAP]


def _sheets(paper: ListPaper, rows: pl.DataFrame, first: int, marks: list[int]) -> Iterator[Sheet]:
    names = [column.name for column in paper.columns]
    struck = rows[STRUCK].to_list() if STRUCK in names else [""] * rows.height
    cells = rows.select(names).rows()
    for start in range(0, max(1, len(cells)), ROWS_A_PAGE):
        number = (first + start) // ROWS_A_PAGE + 1
        drawn = []
        for row, mark in zip(cells[start : start + ROWS_A_PAGE], struck[start : start + ROWS_A_PAGE], strict=True):
            fitted = [_cell(column, _text(value)) for column, value in zip(paper.columns, row, strict=True)]
            marks[0] += any(cell["lines"] == [UNPRINTABLE] for cell in fitted)
            drawn.append({"cells": fitted, "struck": bool(mark)})
        page = f"{number:,} / {paper.pages:,} ページ"
        totals = paper.totals if number == paper.pages else ""
        yield Sheet({"page": page, "rows": drawn, "totals": totals}, (_expected(paper, page, drawn, totals),))


def _expected(paper: ListPaper, page: str, drawn: Sequence[dict[str, Any]], totals: str) -> Expected:
    return (
        ("表題", paper.title),
        ("基準日", "　".join(paper.lines)),
        ("ページ", page),
        ("対象", paper.place),
        *(("見出し", column.term) for column in paper.columns),
        *((column.term, "".join(cell["lines"])) for row in drawn for column, cell in zip(paper.columns, row["cells"], strict=True)),
        ("合計", totals),
        ("作成", paper.foot),
    )


def _text(value: object) -> str:
    """A cell as people read it: days in era form, also inside a text."""
    if isinstance(value, date):
        return _day(value.isoformat())
    return _ISO_DAY.sub(lambda found: _day(found.group()), str(value)) if value else ""


@lru_cache(maxsize=65536)
def _day(iso: str) -> str:
    return format_day_short(date.fromisoformat(iso))


@lru_cache(maxsize=200_000)
def _cell(column: Column, text: str) -> dict[str, Any]:
    """A text in its column; what stands there again and again (days, sexes, streets) is laid out once."""
    try:
        faces = typefaces()
        if column.is_name and PLACEHOLDER.search(text):
            raise DocumentRefused("placeholder", "文字の代わりの記号があります。", field=column.term)
        families = (GOTHIC, MINCHO, MOJI_JOHO) if column.is_name else (GOTHIC, MOJI_JOHO)
        font = faces.choose(text, field=column.term, families=families)
        return fit(text, field=column.term, room=column.width, sizes=SIZES, font=font).data()
    except DocumentRefused:
        return {"lines": [UNPRINTABLE], "size": 8.0, "font": GOTHIC}
