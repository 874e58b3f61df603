"""滞納に関する一覧: rows of a list as PDF or as CSV for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
from chassis.documents.people_list import ListPaper, render
from chassis.documents.spreadsheet import written
from chassis.lists import PDF, Column
from contracts.eras import format_day

FOOT: Final = "※は、印刷できない文字を含むところです。"
MEDIA_TYPES: Final = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "csv_cp932": "text/csv; charset=Shift_JIS"}
_NUMBER = Column("insured_number", "被保険者番号", 62)
_NAME = Column("name", "氏名", 110, is_name=True)
_LABEL = Column("label", "年度・期別", 100)
_DUE = Column("due_on", "納期限", 55)


@dataclass(frozen=True, slots=True)
class ArrearsList:
    """A list: its title, its columns, and which of them are yen (they have commas on paper); the last of those is added up."""

    title: str
    columns: tuple[Column, ...]
    amounts: tuple[str, ...]
    sum_term: str


LAPSING: Final = ArrearsList(
    "時効完成予定一覧",
    (_NUMBER, _NAME, _LABEL, _DUE, Column("unpaid", "未納額", 60), Column("completes_on", "時効の完成", 60),
     Column("state", "状態", 60), Column("last_event", "最後の出来事", 140)),
    ("unpaid",), "未納額",
)  # fmt: skip
WRITTEN_OFF: Final = ArrearsList(
    "不納欠損一覧",
    (_NUMBER, _NAME, _LABEL, _DUE, Column("amount", "欠損額", 60), Column("extinct_on", "時効の完成", 55),
     Column("written_off_on", "欠損処分日", 55), Column("asked_by", "申請者", 70), Column("decided_by", "承認者", 70)),
    ("amount",), "欠損額",
)  # fmt: skip
STATISTICS: Final = ArrearsList(
    "滞納統計リスト",
    (Column("place", "市区町村", 90), Column("year", "年度", 80), Column("age_term", "滞納の期間", 120), Column("people", "人数", 70),
     Column("instalments", "期別の数", 70), Column("unpaid", "未納額", 100)),
    ("people", "instalments", "unpaid"), "未納額",
)  # fmt: skip
PEOPLE: Final = ArrearsList(
    "滞納者一覧",
    (_NUMBER, _NAME, Column("resident_number", "宛名番号", 80), Column("oldest_due_on", "最も古い納期限", 70),
     Column("instalments", "期別の数", 55), Column("last_paid_on", "最後の納付", 60), Column("standing", "状況", 120),
     Column("unpaid", "未納額", 70)),
    ("instalments", "unpaid"), "未納額",
)  # fmt: skip


def write(listed: ArrearsList, rows: Sequence[Mapping[str, Any]], *, form: str, place: str, line: str, today: date) -> bytes:
    """The file of a list. `place`: whose it is, `line`: of which days, in words. Raises `DocumentRefused`."""
    names = [column.name for column in listed.columns]
    total = sum(row[listed.amounts[-1]] for row in rows)
    frame = pl.DataFrame({name: [row[name] for row in rows] for name in names}, schema_overrides={}, strict=False)
    if form != PDF:
        return written(frame, listed.columns, form)[0]
    paper = ListPaper(
        title=listed.title,
        lines=(line,),
        place=place,
        foot=f"{format_day(today)} 作成　{FOOT}",
        totals=f"合計 {len(rows):,}件　{listed.sum_term} {total:,}円",
        columns=listed.columns,
        rows=len(rows),
    )
    with_commas = [pl.Series(name, [f"{row[name]:,}" for row in rows], dtype=pl.String) for name in listed.amounts]
    return render(paper, frame.with_columns(with_commas), first=0)[0]
