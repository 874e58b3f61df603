"""口座振替: from the debits of a day to a request in the layout of the banks, and from results to what was paid and what failed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl
from contracts.layouts.families import FamilyResult, encode_family, load_family, read_family

from collection_service.law.direct_debit import Contract

REQUEST: Final = load_family("zengin-120")
RESULT: Final = load_family("zengin-120", "result_family")
PAID: Final = "0"
AS_ASKED: Final = ("amount", "bank_code", "branch_code", "account_kind", "account_number", "mandate_kind")
"""What a bank sends back as it was asked; names it may write in its own way."""
REASONS: Final = RESULT.data.code_tables["result_code"].values
"""振替結果コード → what it says."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Results:
    """A file of results that agrees with itself: which consignor, bank and day, the debits, and what its trailer states."""

    consignor_code: str
    bank_code: str
    debit_day: str
    debits: pl.DataFrame
    """customer_number, AS_ASKED, result_code."""
    paid_count: int
    paid_amount: int


class ResultsFaulty(Exception):
    """A file of results that cannot be believed; the text says in Japanese why. Nothing of it is applied."""


def request(contract: Contract, due_on: date, debits: pl.DataFrame, kana: pl.DataFrame) -> bytes:
    """The file for one bank and day. `debits`: bank_code, branch_code, account_kind, account_number, holder_kana, amount, mandate_kind,
    customer_number; `kana`: bank_code, branch_code, bank_kana, branch_kana."""
    named = debits.join(kana, on=["bank_code", "branch_code"], how="left", maintain_order="left")
    data = named.select(
        pl.lit("2").alias("record_kind"),
        "bank_code",
        pl.col("bank_kana").alias("bank_name"),
        "branch_code",
        pl.col("branch_kana").alias("branch_name"),
        "account_kind",
        "account_number",
        "holder_kana",
        "amount",
        "mandate_kind",
        "customer_number",
        pl.lit("0").alias("result_code"),
    )
    own = kana.filter((pl.col("bank_code") == contract.bank_code) & (pl.col("branch_code") == contract.branch_code))
    header = pl.DataFrame(
        {
            "record_kind": "1",
            "business_kind": "91",
            "encoding_kind": "0",
            "consignor_code": contract.consignor_code,
            "consignor_name": contract.consignor_name,
            "debit_day": due_on.strftime("%m%d"),
            "bank_code": contract.bank_code,
            "bank_name": own["bank_kana"][0] if own.height else None,
            "branch_code": contract.branch_code,
            "branch_name": own["branch_kana"][0] if own.height else None,
            "account_kind": contract.account_kind,
            "account_number": contract.account_number,
        },
        schema_overrides={"bank_name": pl.String, "branch_name": pl.String},
    )
    return encode_family([(header, data)], REQUEST)


def read_results(data: bytes) -> Results:
    """The results of one consignor, bank and day. ResultsFaulty where counts, sums or a record are wrong, or several stand in a file."""
    found = read_family(data, RESULT)
    _require_clean(found)
    if found.blocks.height != 1:
        raise ResultsFaulty(f"1つのファイルに{found.blocks.height}つの委託者・引落日の結果があります。分けて送ってもらってください。")
    header, trailer = found.headers.frame.row(0, named=True), found.trailers.frame.row(0, named=True)
    return Results(
        consignor_code=header["consignor_code"],
        bank_code=header["bank_code"],
        debit_day=header["debit_day"],
        debits=found.data.frame.select("customer_number", *AS_ASKED, "result_code"),
        paid_count=trailer["paid_count"],
        paid_amount=trailer["paid_amount"],
    )


def matched(asked: pl.DataFrame, results: Results) -> pl.DataFrame:
    """The debits that were asked for (`customer_number`, AS_ASKED and whatever else) with their `result_code`.

    ResultsFaulty unless each was answered exactly once, with the amount and account that were asked for: one that is missing would look
    unpaid, and somebody who has paid would get a demand.
    """
    told, key = results.debits, "customer_number"
    if told[key].is_duplicated().any():
        raise ResultsFaulty(f"同じ顧客番号が2回あります({_some(told.filter(pl.col(key).is_duplicated())[key].unique())})。")
    if (missing := asked.join(told, on=key, how="anti")).height:
        raise ResultsFaulty(f"依頼した{asked.height}件のうち{missing.height}件の結果がありません({_some(missing[key])})。")
    if (strange := told.join(asked, on=key, how="anti")).height:
        raise ResultsFaulty(f"依頼していない{strange.height}件の結果があります({_some(strange[key])})。")
    both = asked.join(told, on=key, suffix="_told", maintain_order="left")
    other = both.filter(pl.any_horizontal(pl.col(name) != pl.col(f"{name}_told") for name in AS_ASKED))
    if other.height:
        raise ResultsFaulty(f"{other.height}件の金額か口座が、依頼と違います({_some(other[key])})。")
    return both.drop(f"{name}_told" for name in AS_ASKED)


def _require_clean(found: FamilyResult) -> None:
    wrong = [error.message for error in found.file_errors]
    for part in (found.headers, found.data, found.trailers):
        wrong += [f"{error.row_number}件目 {error.message}" for error in part.errors[:_SHOWN]]
    if wrong:
        raise ResultsFaulty(" ".join(wrong[:_SHOWN]))


def _some(numbers: pl.Series) -> str:
    shown = sorted(numbers.to_list())
    return "、".join(shown[:_SHOWN]) + (" ほか" if len(shown) > _SHOWN else "")
