"""対象者一覧: the people of a comparison as a list for a screen, as CSV, and the draft of a letter to them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.law import day_of
from contracts.eras import format_day, format_fiscal_year

COLUMNS: Final = {
    "municipality_code": "市区町村コード",
    "resident_number": "宛名番号",
    "assessment_id": "決定番号",
    "decided_on": "決定日",
    "revision": "決定の回数",
    "months": "賦課月数",
    "tier_before": "軽減区分（割・現在）",
    "tier_after": "軽減区分（割・あるべき）",
    "before": "現在の年間保険料額",
    "after": "あるべき年間保険料額",
    "difference": "差額",
    "closes_on": "決定できなくなる日",
    "within_limit": "期間制限",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the service knows of a listed person beside the comparison. `letters`: (decision, day) of every decision that was sent."""

    name: str
    insured_number: str
    letters: tuple[tuple[UUID, date], ...]


def row_of(person: Mapping[str, Any], closes: date | None, today: date) -> dict[str, Any]:
    """One person of the list. `closes`: the first day on which the premium of the year cannot be decided any more, None for never."""
    return {
        **{name: person[name] for name in COLUMNS if name in person},
        "decided_on": str(day_of(person["decided_on"])),
        "difference": person["after"] - person["before"],
        "closes_on": None if closes is None else str(closes),
        "within_limit": closes is None or today < closes,
    }


def shown_people(people: pl.DataFrame, known: Mapping[str, Known], closes: Mapping[str, date | None], today: date) -> list[dict[str, Any]]:
    """The rows of a screen, with names and the letters sent."""
    rows = []
    for person in people.iter_rows(named=True):
        of = known.get(person["insured_id"])
        letters = [{"assessment_id": str(identifier), "decided_on": str(day)} for identifier, day in (of.letters if of else ())]
        names = {"name": of.name if of else "", "insured_number": of.insured_number if of else ""}
        rows.append({**row_of(person, closes.get(person["insured_id"]), today), **names, "letters": letters})
    return rows


def csv_of(people: pl.DataFrame, closes: Mapping[str, date | None], today: date) -> str:
    """Everybody listed, one line a person, with Japanese heads; identifiers and amounts, no names."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS.values())
    for person in people.iter_rows(named=True):
        row = row_of(person, closes.get(person["insured_id"]), today)
        row["within_limit"] = "期間内" if row["within_limit"] else "期間経過"
        writer.writerow(row[name] for name in COLUMNS)
    return out.getvalue()


def letter_of(whole: Mapping[str, Any], *, fiscal_year: int, today: date) -> str:
    """文案: what an officer begins with. Amounts of one person are filled in from the list where 〔 〕 stands."""
    year = format_fiscal_year(fiscal_year)
    direction = []
    if whole["down"]:
        direction.append("納めすぎとなる額は、お返しするか、まだ納めていない保険料に充てます。手続きは、改めてお知らせします。")
    if whole["up"]:
        direction.append("不足する額は、改めて納入通知書をお送りしますので、納めていただきますようお願いします。")
    return "\n".join(
        (
            f"{format_day(today)}（案）",
            "〔被保険者氏名〕　様",
            "〔広域連合の名称〕",
            "",
            f"{year}の後期高齢者医療保険料の誤りについて（お詫びとお知らせ）",
            "",
            f"　{year}の保険料について、〔誤りの原因〕により、計算に誤りがあることがわかりました。",
            "　ご迷惑をおかけしましたことを、深くお詫び申し上げます。正しい保険料は次のとおりです。",
            "",
            "　　これまでにお知らせした額　〔現在の年間保険料額〕円",
            "　　正しい額　　　　　　　　　〔あるべき年間保険料額〕円",
            "　　差額　　　　　　　　　　　〔差額〕円",
            "",
            *(f"　{sentence}" for sentence in direction),
            "　計算の一つ一つは、同封の計算明細書をご覧ください。",
            "　〔決定できなくなる日〕以後は、法律により、決定した額を増やすことも減らすこともできません。",
            "　その場合の扱いは、〔期間制限の扱い〕のとおりです。",
            "",
            "お問い合わせ　〔問い合わせ先〕",
            "",
            f"（この案の対象: {whole['people']:,}人。増える人 {whole['up']:,}人、減る人 {whole['down']:,}人、"
            f"差額の合計 {whole['difference']:+,}円）",
        )
    )
