"""名簿のファイル: some rows of a list as a PDF, or as a CSV for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl
from chassis.documents.people_list import ListPaper, render
from chassis.documents.spreadsheet import written
from chassis.lists import PDF
from contracts.eras import format_day

from eligibility_service.domain.lists import COLUMNS, TITLES, Frozen, ListKind


def write(found: Frozen, part: pl.DataFrame, first: int, today: date) -> tuple[bytes, int | None, int]:
    """The file of `part`, rows of the list from row `first` on (from 0): its bytes, its pages (of a PDF), and how many cells are marked."""
    paper = _paper(found, today)
    if found.form == PDF:
        return render(paper, part, first=first)
    content, missing = written(part, paper.columns, found.form)
    return content, None, missing


def _paper(found: Frozen, today: date) -> ListPaper:
    kind = found.asked.kind
    return ListPaper(
        title=TITLES[kind],
        lines=found.asked.lines(today=today),
        place=found.place,
        foot=f"{format_day(today)} 作成　※は、印刷できない文字を含むところです。画面で確かめてください。",
        totals=totals(found.rows, kind),
        columns=COLUMNS[kind],
        rows=found.rows.height,
    )


def totals(rows: pl.DataFrame, kind: ListKind) -> str:
    """合計, and how many there are of each sort: sexes on the ledger, kinds of event, groups of people of 75."""
    sort = {ListKind.LEDGER: "sex", ListKind.CHANGES: "event"}.get(kind, "group")
    counts: Iterable[tuple[str, int]] = rows.group_by(sort).len().sort(sort).iter_rows()
    return f"合計 {rows.height:,}件（{'・'.join(f'{value} {count:,}' for value, count in counts)}）" if rows.height else "合計 0件"
