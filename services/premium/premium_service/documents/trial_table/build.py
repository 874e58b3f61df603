# SPDX-License-Identifier: Apache-2.0
"""What stands on a trial table, and what must be read back from it: both from one immutable record."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chassis.documents import DocumentRefused, Expected, Sheet
from contracts.eras import format_day, format_fiscal_year
from pydantic import BaseModel, ConfigDict, Field

PARTS: Final = {"medical": "医療分", "child_support": "子ども・子育て支援納付金分"}
ROWS_A_PAGE: Final = 36
MOST_LINES: Final = 34
"""Costs and incomes of a part that one page has room for: two fiscal years with everything that a trial asks for need fewer."""
EFFECTS: Final = (("bands", "所得の区分ごとの影響"), ("tiers", "軽減の区分ごとの影響"), ("municipalities", "市区町村ごとの影響"))


class TrialTable(BaseModel):
    """A kept trial: `request` as it was asked, `result` as it was computed. `places`: municipality code → name."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1)
    population: str
    made_by: str
    made_on: str
    request: dict[str, Any]
    result: dict[str, Any]
    places: dict[str, str] = {}


def trial_table_of(trial: Mapping[str, Any], places: Mapping[str, str]) -> TrialTable:
    """The record from a kept trial."""
    return TrialTable(
        name=trial["name"],
        population=trial["population_name"],
        made_by=trial["made_by"],
        made_on=format_day(trial["made_at"].date()),
        request=trial["request"],
        result=trial["result"],
        places=dict(places),
    )


def build(table: TrialTable) -> Sheet:
    """The table as its template takes it. Raises `DocumentRefused`."""
    result = table.result
    year = format_fiscal_year(result["fiscal_year"])
    title = f"{year}　保険料率試算表"
    made = f"{table.name}　{table.made_on}　{table.made_by}"
    parts = [_part(name, part, result["present"][name]) for name, part in result["parts"].items()]
    bands, tiers, *places = (list(_effects(heading, kind, result["effects"], table.places)) for kind, heading in EFFECTS)
    pages = [[*bands, *tiers], *([page] for of_place in places for page in of_place)]
    notes = [
        f"対象者　{table.population}（{result['people']:,}人。所得を照会中などのため含まない人 {result['undecided']:,}人）",
        f"計算規則の版 {result['rules_version']}・法令の版 {result['law_hash'][:16]}・対象者の版 {result['inputs_hash'][:16]}",
    ]
    if result["provisional"]:
        notes.append(f"暫定の法定数値 {len(result['provisional'])}件を使っています。確認が終わるまで、この試算は暫定です。")
    data: dict[str, object] = {"title": title, "made": made, "parts": parts, "effects": pages, "notes": notes}
    expected: list[Expected] = [
        (
            ("表題", title),
            ("作成", made),
            ("保険料率", part["rates"]),
            *((fact["label"], fact["value"]) for fact in part["facts"]),
            *_cells(part["lines"], 4),
        )
        for part in parts
    ]
    expected += [
        (("表題", title), *(cell for shown in page for cell in (("影響", str(shown["title"])), *_cells(shown["rows"], 5))))
        for page in pages
    ]
    expected[-1] = (*expected[-1], *(("注記", note) for note in notes))
    return Sheet(data, tuple(expected))


def _part(name: str, part: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    lines = [_line(line) for line in part["lines"]]
    lines.append(("計", "保険料収納必要額", "費用 − 収入", _yen(part["necessary"])))
    lines.append(("計", "賦課総額", "必要額 ÷ 予定収納率", _yen(part["levy_total"])))
    lines.append(("計", "均等割総額", f"÷ 延べ{part['insured']:,}人 → 均等割額", _yen(part["flat_total"])))
    lines.append(("計", "所得割総額", "賦課総額 − 均等割総額", _yen(part["income_total"])))
    if len(lines) > MOST_LINES:
        raise DocumentRefused("inconsistent", "費用と収入の行が多すぎて、試算表に入りません。", field="費用と収入")
    return {
        "label": f"{PARTS[name]}の保険料率",
        "rates": f"{_yen(part['per_capita'])}　{part['income_rate']}",
        "facts": [
            {"label": "現在の料率", "value": f"{_yen(present['per_capita'])}　{present['income_rate']}"},
            {"label": "賦課される額", "value": _yen(part["charged"])},
            {"label": "軽減（公費で補う額）", "value": _yen(part["reductions"])},
            {"label": "限度額を超える額", "value": _yen(part["over_cap"])},
            {"label": "限度額に達する人", "value": f"{part['capped_people']:,}人"},
        ],
        "lines": lines,
    }


def _line(line: Mapping[str, Any]) -> tuple[str, str, str, str]:
    sign = "" if line["side"] == "cost" else "−"
    formula = f"{line['of']:,} × {line['rate']}" if line["rate"] else ""
    return format_fiscal_year(line["fiscal_year"]), line["term"], formula, f"{sign}{_yen(line['amount'])}"


def _effects(heading: str, kind: str, effects: Mapping[str, Any], places: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    rows = [effects["whole"], *effects[kind]]
    largest = max((abs(row["average_after"] - row["average_before"]) for row in rows), default=0) or 1
    shown = [_row(row, places, largest) for row in rows if row["people"]]
    for start in range(0, len(shown), ROWS_A_PAGE):
        yield {"title": heading if start == 0 else f"{heading}（続き）", "rows": shown[start : start + ROWS_A_PAGE]}


def _row(row: Mapping[str, Any], places: Mapping[str, str], largest: int) -> tuple[Any, ...]:
    moved = row["average_after"] - row["average_before"]
    figures = (f"{row['people']:,}", f"{row['average_before']:,}", f"{row['average_after']:,}", f"{moved:+,}")
    return places.get(row["term"], row["term"]), *figures, moved * 1000 // largest


def _cells(rows: Sequence[Sequence[Any]], width: int) -> Iterator[tuple[str, str]]:
    return ((f"{row[1]}" if width == 4 else f"{row[0]}", cell) for row in rows for cell in row[:width] if cell)


def _yen(amount: int) -> str:
    return f"{amount:,}円"
