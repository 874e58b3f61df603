"""創設結果表 on paper: a line for each municipality and the totals of the union, as they were when the table was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl
from chassis.clock import JAPAN
from chassis.documents.people_list import ListPaper, render
from chassis.lists import Column
from contracts.eras import format_day

from eligibility_service.domain.result_table import SHORT, in_words

TITLE: Final = "創設結果表"
COLUMNS: Final = (
    Column("municipality", "市区町村", 70), Column("sent", "送られた人", 44), Column("accepted", "受け付けた人", 44),
    Column("rejected", "返した人", 34), Column("parked", "保留", 30), Column("residents", "住民", 44), Column("insured", "被保険者", 44),
    Column("grounds", "取得の事由", 118), Column("others", "対象外", 44), Column("reasons", "対象外の理由", 118),
    Column("birth_unknown", "生年不詳", 42), Column("differences", "不一致", 96),
)  # fmt: skip


def write(lines: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, issuer: str, today: date) -> bytes:
    """The PDF of the latest line of each municipality (store/results.py), read back. Raises `DocumentRefused`."""
    rows = [_row(line, names) for line in lines]
    frame = pl.DataFrame(rows, schema=dict.fromkeys((column.name for column in COLUMNS), pl.String()), orient="row")
    made = sorted({line["made_at"].astimezone(JAPAN).date() for line in lines})
    days = [f"基準日 {format_day(day)}" for day in sorted({line["cut_off_on"] for line in lines})]
    compared = "から".join(dict.fromkeys(format_day(day) for day in (made[0], made[-1]))) + "に照合" if made else "まだ照合していません"
    paper = ListPaper(
        title=TITLE,
        lines=(*days, compared),
        place=issuer,
        foot=f"{format_day(today)} 作成　不一致の内容は、移行の状況の画面で確かめてください。",
        totals=_totals(lines),
        columns=COLUMNS,
        rows=frame.height,
    )
    pdf, _, _ = render(paper, frame, first=0)
    return pdf


def _row(line: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, ...]:
    counts = (f"{line[name]:,}" for name in ("sent", "accepted", "rejected", "parked", "residents"))
    insured, others = in_words(line["insured"], line["not_insured"])
    wrong = "・".join(f"{SHORT[kind]} {count:,}" for kind, count in line["differences"].items())
    return (
        names.get(line["municipality_code"], line["municipality_code"]), *counts, f"{sum(line['insured'].values()):,}", insured,
        f"{sum(line['not_insured'].values()):,}", others, f"{line['birth_unknown']:,}", wrong or "なし",
    )  # fmt: skip


def _totals(lines: Sequence[Mapping[str, Any]]) -> str:
    residents, insured = (sum(line["residents"] for line in lines), sum(sum(line["insured"].values()) for line in lines))
    wrong = sum(sum(line["differences"].values()) for line in lines)
    return f"{len(lines):,}市区町村　住民 {residents:,}人　被保険者 {insured:,}人　不一致 {wrong:,}人"
