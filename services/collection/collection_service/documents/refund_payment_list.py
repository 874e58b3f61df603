"""還付金振込一覧: the payments of a run for the bank, on paper and as CSV, from the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl
from chassis.documents.people_list import ListPaper, render
from chassis.documents.spreadsheet import written
from chassis.lists import Column
from contracts.eras import format_day

from collection_service.domain.refund_payees import ACCOUNT_TYPES

TITLE: Final = "後期高齢者医療保険料　還付金振込一覧"
COLUMNS: Final = (
    Column("number", "番号", 30),
    Column("bank", "金融機関", 110),
    Column("branch", "支店", 110),
    Column("account", "種別・口座番号", 80),
    Column("holder_kana", "口座名義", 150),
    Column("amount", "金額（円）", 60),
    Column("insured_number", "被保険者番号", 60),
    Column("claim_code", "通知番号", 65),
)


def files_of(payments: Sequence[Mapping[str, Any]], *, place: str, pay_on: date, today: date) -> tuple[bytes, bytes]:
    """The CSV, in which amounts are plain digits, and the PDF, read back. `payments`: rows of store.refund_payments.take."""
    rows = pl.DataFrame([_row(one) for one in payments], schema=dict.fromkeys((column.name for column in COLUMNS), pl.String))
    content, _ = written(rows, COLUMNS, "csv")
    total = sum(one["amount"] for one in payments)
    paper = ListPaper(
        title=TITLE,
        lines=(f"振込指定日 {format_day(pay_on)}",),
        place=place,
        foot=f"{format_day(today)} 作成",
        totals=f"合計 {len(payments):,}件　{total:,}円",
        columns=COLUMNS,
        rows=len(payments),
    )
    pdf, _, _ = render(paper, rows.with_columns(amount=pl.Series([f"{one['amount']:,}" for one in payments])), first=0)
    return content, pdf


def _row(one: Mapping[str, Any]) -> dict[str, str]:
    account = one["account"]
    return {
        "number": str(one["number"]),
        "bank": f"{account['bank_name']}（{account['bank_code']}）",
        "branch": f"{account['branch_name']}（{account['branch_code']}）",
        "account": f"{ACCOUNT_TYPES[account['account_type']]} {account['account_number']}",
        "holder_kana": account["holder_kana"],
        "amount": str(one["amount"]),
        "insured_number": one["insured_number"] or "",
        "claim_code": one["claim_code"] or "",
    }
