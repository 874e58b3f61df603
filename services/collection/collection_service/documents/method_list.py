"""徴収方法一覧・特別徴収非対象者一覧 as a PDF, or as a CSV for a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl
from chassis.documents.people_list import ListPaper, render
from chassis.documents.spreadsheet import written
from chassis.lists import PAGES_A_VOLUME, PDF, ROWS_A_PAGE, Column
from contracts.eras import format_day, format_fiscal_year

MOST: Final = ROWS_A_PAGE * PAGES_A_VOLUME
"""Rows of one PDF; a longer list is asked for by municipality, or as CSV."""
COLUMNS: Final = (
    Column("municipality_code", "市区町村", 46), Column("insured_number", "被保険者番号", 62), Column("name", "氏名", 110, is_name=True),
    Column("method", "徴収方法", 58), Column("reason_term", "理由", 214), Column("premium_payment", "保険料", 56),
    Column("care_payment", "介護保険料", 56), Column("pension_payment", "年金支払額", 60), Column("most", "2分の1の額", 60),
)  # fmt: skip
METHODS: Final = {"ordinary": "普通徴収", "special": "特別徴収", "awaited": "判定待ち"}
_AMOUNTS: Final = ("premium_payment", "care_payment", "pension_payment", "most")


def method_list(
    rows: Sequence[Mapping[str, Any]], *, fiscal_year: int, month: int, place: str, only_others: bool, form: str, today: date
) -> bytes:
    """The list of one payment; its totals by method are those of its rows."""
    cells = {column.name: [_cell(column.name, row[column.name], form) for row in rows] for column in COLUMNS}
    frame = pl.DataFrame(cells, schema={column.name: pl.String() for column in COLUMNS})
    if form != PDF:
        return written(frame, COLUMNS, form)[0]
    count = Counter(row["method"] for row in rows)
    totals = "　".join(f"{term} {count[method]:,}人" for method, term in METHODS.items() if count[method]) or "該当する方はいません"
    title = "特別徴収　非対象者一覧" if only_others else "徴収方法一覧"
    lines = (f"{format_fiscal_year(fiscal_year)}　{month}月の年金支払", "保険料・介護保険料・年金支払額は、年金支払1回の額です。")
    paper = ListPaper(f"後期高齢者医療保険料　{title}", lines, place, f"{format_day(today)} 作成", totals, COLUMNS, len(rows))
    return render(paper, frame, first=0)[0]


def _cell(name: str, value: Any, form: str) -> str:
    if name == "method":
        return METHODS[value]
    if name in ("pension_payment", "most") and value == 0:
        return ""
    if value is None:
        return "未着" if name == "care_payment" else ""
    return f"{value:,}" if form == PDF and name in _AMOUNTS else str(value)
