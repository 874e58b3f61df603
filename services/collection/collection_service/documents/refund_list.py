"""還付・充当一覧: what was decided of overpayments in some days and where it stood on a day, on paper and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
from chassis.documents.people_list import ListPaper, render
from chassis.documents.spreadsheet import written
from chassis.lists import PDF, Column
from contracts.eras import format_day, format_fiscal_year

from collection_service.domain.refund_states import state_of
from collection_service.domain.refunds import Occasion, Payee, RefundKind

TITLE: Final = "後期高齢者医療保険料　還付・充当一覧"
COLUMNS: Final = (
    Column("decided_on", "決定日", 52),
    Column("insured_number", "被保険者番号", 56),
    Column("name", "氏名", 110, is_name=True),
    Column("fiscal_year", "年度", 54),
    Column("kind", "処理", 90),
    Column("occasion", "事由", 96),
    Column("amount", "額（円）", 56),
    Column("refund_addition", "還付加算金（円）", 64),
    Column("payee", "受け取る人", 78),
    Column("state", "状態", 60),
)
_AMOUNTS: Final = ("amount", "refund_addition")


@dataclass(frozen=True, slots=True)
class RefundListAsked:
    """Decisions from `first` to `last`, as they stood at the end of `as_of`; `place`: the municipality's name."""

    place: str
    first: date
    last: date
    as_of: date


def rows_of(decisions: Sequence[Mapping[str, Any]], *, as_of: date) -> list[dict[str, Any]]:
    """The lines of the list. `decisions`: rows of store.refunds.listed."""
    return [
        {
            "decided_on": one["decided_on"].isoformat(),
            "insured_number": one["insured_number"] or "",
            "name": one["name"] or "",
            "fiscal_year": format_fiscal_year(one["fiscal_year"]),
            "kind": RefundKind(one["kind"]).term,
            "occasion": Occasion(one["occasion"]).term,
            "amount": one["amount"],
            "refund_addition": one["refund_addition"],
            "payee": one["payer_name"] or (Payee(one["payee"]).term if one["payee"] else ""),
            "state": state_of(one, on=as_of),
        }
        for one in decisions
    ]


def write(asked: RefundListAsked, lines: Sequence[Mapping[str, Any]], *, form: str, today: date) -> bytes:
    """The file: a PDF that was read back, or a CSV, in which amounts are plain digits. What was taken back counts in no total."""
    schema: dict[str, Any] = {column.name: pl.Int64 if column.name in _AMOUNTS else pl.String for column in COLUMNS}
    rows = pl.DataFrame([dict(line) for line in lines], schema=schema)
    if form != PDF:
        content, _ = written(rows, COLUMNS, form)
        return content
    live = [line for line in lines if line["state"] != "取消し"]
    sums = {kind.term: sum(line["amount"] for line in live if line["kind"] == kind.term) for kind in RefundKind}
    additions = sum(line["refund_addition"] for line in live)
    paper = ListPaper(
        title=TITLE,
        lines=(f"決定日 {format_day(asked.first)}から{format_day(asked.last)}まで", f"{format_day(asked.as_of)}現在"),
        place=asked.place,
        foot=f"{format_day(today)} 作成　※は、印刷できない文字を含むところです。取消しは合計に含みません。",
        totals="　".join(
            [f"合計 {len(live):,}件", *(f"{term} {yen:,}円" for term, yen in sums.items() if yen), f"還付加算金 {additions:,}円"]
        ),
        columns=COLUMNS,
        rows=rows.height,
    )
    shown = rows.with_columns(pl.Series(name, [f"{value:,}" for value in rows[name]], dtype=pl.String) for name in _AMOUNTS)
    return render(paper, shown, first=0)[0]
