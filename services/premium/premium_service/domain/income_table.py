"""所得分布表: the income distribution of a union as an uploaded table, where no decisions are at hand."""

from __future__ import annotations

import csv
import io
from typing import Final

import numpy as np
from chassis.law import NEVER

from premium_service.rules.profiles import FIVE, KEY_COLUMNS, NO_TIER, SEVEN, SEVEN_LOW_PENSION, TWO, Profiles, profiles_of

COLUMNS: Final = ("levy_base", "tier", "people")
_TIERS: Final = {"0": NO_TIER, "2": TWO, "5": FIVE, "7": SEVEN, "7L": SEVEN_LOW_PENSION}
MOST_PEOPLE: Final = 5_000_000


class TableRefused(ValueError):
    """A table that cannot be read; the message is for people and names the line."""


def read_income_table(text: str) -> Profiles:
    """A table with the columns `levy_base` (賦課のもととなる所得金額), `tier` (0, 2, 5, 7, 7L), `people` (and `municipality_code`).

    Everybody is charged twelve months. TableRefused.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise TableRefused(f"1行目に列の名前 {'、'.join(COLUMNS)} が必要です。ない列: {'、'.join(missing)}")
    bases, tiers, counts, codes = [], [], [], []
    for row in reader:
        line = reader.line_num
        base, people = _whole(row["levy_base"], line, "levy_base"), _whole(row["people"], line, "people")
        if (row["tier"] or "").strip() not in _TIERS:
            raise TableRefused(f"{line}行目: 軽減区分 tier は 0・2・5・7・7L のどれかです。")
        bases.append(base)
        tiers.append(_TIERS[row["tier"].strip()])
        counts.append(people)
        codes.append((row.get("municipality_code") or "").strip()[:6].encode())
    if not 0 < sum(counts) <= MOST_PEOPLE:
        raise TableRefused(f"人数の合計は 1人以上 {MOST_PEOPLE:,}人以下にしてください。")
    people_of = np.repeat(np.arange(len(counts)), counts)
    columns = {name: np.zeros(len(people_of), dtype) for name, dtype in KEY_COLUMNS.items()}
    columns |= {"levy_base": np.array(bases, np.int64)[people_of], "tier": np.array(tiers, np.int16)[people_of]}
    columns["months"][:] = 12
    for name in ("acquired_on", "lost_on", "former_dependant_since"):
        columns[name][:] = NEVER
    return profiles_of(columns, np.array(codes, "S6")[people_of], 0)


def _whole(text: str | None, line: int, name: str) -> int:
    digits = (text or "").strip().replace(",", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise TableRefused(f"{line}行目: {name} は0以上の整数で書いてください。")
    return int(digits)
