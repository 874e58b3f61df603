"""収納台帳 and 収納状況表 as a PDF, or as a CSV for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl
from chassis.documents.people_list import ListPaper, render
from chassis.documents.spreadsheet import written
from chassis.lists import PDF, Column
from contracts.eras import format_day, format_fiscal_year

_CHARGED = (Column("charged", "調定額", 72), Column("settled", "収納額", 72), Column("written_off", "不納欠損額", 72))
LEDGER: Final = (
    Column("year_name", "年度", 62), Column("label", "期別", 66), Column("due_on", "納期限", 70), *_CHARGED,
    Column("unpaid", "未納額", 72), Column("overpaid", "過誤納額", 72), Column("payable", "還付未済額", 72),
)  # fmt: skip
STATUS: Final = (
    Column("place_name", "市区町村", 90), Column("label", "期別", 66), Column("due_on", "納期限", 70), Column("people", "調定人数", 50),
    *_CHARGED, Column("unpaid", "未納額", 72), Column("unpaid_people", "未納人数", 50), Column("rate", "収納率", 44),
)  # fmt: skip
AXES: Final = {"paid_on": "収納日", "entered_on": "記帳日"}
_AMOUNTS: Final = ("charged", "settled", "written_off", "unpaid", "overpaid", "payable", "people", "unpaid_people")


def rate_of(settled: int, charged: int) -> str:
    """収納率: what was paid of what is charged, in hundredths of a per cent cut off; empty where nothing is charged."""
    hundredths = settled * 10_000 // charged if charged else None
    return f"{hundredths // 100}.{hundredths % 100:02}%" if hundredths is not None else ""


def ledger(years: Sequence[Mapping[str, Any]], *, person: str, as_of: date, axis: str, form: str, today: date) -> bytes:
    """被保険者別収納台帳 of one person: a row an instalment, and a row a year of what is overpaid."""
    rows: list[dict[str, Any]] = []
    for year in years:
        name = format_fiscal_year(year["fiscal_year"])
        rows += [{"year_name": name, **one} for one in year["instalments"]]
        if year["overpaid"] or year["payable"]:
            rows.append({"year_name": name, "label": "納めすぎ", **{of: year[of] for of in ("overpaid", "payable")}})
    total = {name: sum(year[name] for year in years) for name in ("charged", "settled", "unpaid", "overpaid")}
    totals = f"調定 {total['charged']:,}円 ＝ 収納済 {total['settled']:,}円 ＋ 未納 {total['unpaid']:,}円　過誤納 {total['overpaid']:,}円"
    lines = (f"{format_day(as_of)}現在（{AXES[axis]}による）", "収納額は、不納欠損額を含みます。")
    return _file("後期高齢者医療保険料　被保険者別収納台帳", lines, person, totals, LEDGER, rows, form, today)


def status(
    found: Sequence[Mapping[str, Any]], *, fiscal_year: int, place: str, names: Mapping[str, str], as_of: date, form: str, today: date
) -> bytes:
    """収納状況表 of a fiscal year: a row a municipality and 期."""
    rows = [
        {
            **row,
            "place_name": names.get(row["municipality_code"], row["municipality_code"]),
            "rate": rate_of(row["settled"], row["charged"]),
        }
        for row in found
    ]
    total = {name: sum(row[name] for row in found) for name in ("charged", "settled", "written_off", "unpaid")}
    totals = (
        f"調定 {total['charged']:,}円 ＝ 収納 {total['settled']:,}円 ＋ 不納欠損 {total['written_off']:,}円 ＋ 未納 {total['unpaid']:,}円"
        f"　収納率 {rate_of(total['settled'], total['charged'])}"
    )
    lines = (format_fiscal_year(fiscal_year), f"{format_day(as_of)}現在（記帳日による）")
    return _file("後期高齢者医療保険料　収納状況表", lines, place, totals, STATUS, rows, form, today)


def _file(
    title: str, lines: tuple[str, ...], place: str, totals: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], form: str,
    today: date,
) -> bytes:  # fmt: skip
    cells = {column.name: [_cell(column.name, row.get(column.name), form) for row in rows] for column in columns}
    frame = pl.DataFrame(cells, schema={column.name: pl.String() for column in columns})
    if form != PDF:
        return written(frame, columns, form)[0]
    foot = f"{format_day(today)} 作成"
    return render(ListPaper(title, lines, place, foot, totals, tuple(columns), len(rows)), frame, first=0)[0]


def _cell(name: str, value: Any, form: str) -> str:
    if value is None:
        return ""
    return f"{value:,}" if form == PDF and name in _AMOUNTS else str(value)
