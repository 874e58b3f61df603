"""賦課台帳のファイル: some lines of a ledger as a PDF, or as a CSV for a spreadsheet."""

from __future__ import annotations

from datetime import date

import polars as pl
from chassis.documents.people_list import ListPaper, render
from chassis.documents.spreadsheet import written
from chassis.lists import PDF
from contracts.eras import format_day

from premium_service.domain.ledgers import AMOUNTS, COLUMNS, SUMS, TITLES, LedgerAsked

FOOT = "※は、印刷できない文字を含むところです。入力記録は、計算のもとにした記録の番号です。"


def write(
    asked: LedgerAsked, lines: pl.DataFrame, *, form: str, place: str, first: int, rows: int, yen: int, today: date
) -> tuple[bytes, int | None, int]:
    """The file of `lines`, which begin at line `first` (from 0) of a municipality's `rows` lines with `yen`: its bytes, its pages
    (of a PDF), and how many lines have a character that cannot be shown."""
    columns = COLUMNS[asked.kind]
    names = [column.name for column in columns]
    shown = lines.select(names) if lines.height else pl.DataFrame({name: [] for name in names}, schema=dict.fromkeys(names, pl.String))
    if form != PDF:
        content, missing = written(shown, columns, form)
        return content, None, missing
    paper = ListPaper(
        title=TITLES[asked.kind],
        lines=(asked.line(), f"{format_day(today)}現在の記録による"),
        place=place,
        foot=f"{format_day(today)} 作成　{FOOT}",
        totals=f"合計 {rows:,}件　{SUMS[asked.kind]} {yen:,}円",
        columns=columns,
        rows=rows,
    )
    amounts = [name for name in names if name in AMOUNTS]
    with_commas = [pl.Series(name, [f"{value:,}" for value in shown[name].to_list()], dtype=pl.String) for name in amounts]
    return render(paper, shown.with_columns(with_commas), first=first)
