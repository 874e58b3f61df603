"""異動の理由: why a decision is another than the one before, from the columns of both; for arrays at once. Pure.

A change of premium has one or more reasons, and people with the same set of reasons are one group, so that the groups add up to the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from premium_service.rules.parameters import PARTS

FIRST, MONTHS, INCOME, TIER, UNDECLARED, DEPENDANT, RATES, LEVY_CUT, ROUNDING, OTHER = (1 << bit for bit in range(10))
WORDS: Final = {
    FIRST: "初めての決定",
    MONTHS: "賦課月数",
    INCOME: "所得",
    TIER: "均等割額の軽減",
    UNDECLARED: "世帯の未申告",
    DEPENDANT: "被扶養者であった者の軽減",
    RATES: "料率・限度額",
    LEVY_CUT: "所得割額の軽減",
    ROUNDING: "端数処理",
    OTHER: "その他",
}
_COLUMNS: Final = {
    MONTHS: ("months",),
    TIER: ("tier", *(f"{part}_reduction" for part in PARTS)),
    UNDECLARED: ("household_undeclared",),
    DEPENDANT: ("is_former_dependant", "dependant_months", *(f"{part}_dependant_reduction" for part in PARTS)),
    RATES: tuple(f"{part}_{name}" for part in PARTS for name in ("per_capita", "income_rate", "cap")),
    LEVY_CUT: tuple(f"{part}_income_levy_cut" for part in PARTS),
}
_ROUNDED: Final = tuple(f"{part}_{name}" for part in PARTS for name in ("per_capita_reduced", "income_levy", "year_amount", "amount"))
COARSEST: Final = 100
"""Yen: no union rounds to a coarser unit, so that rounding alone changes no part by more."""

COMPARED: Final = (*(column for columns in _COLUMNS.values() for column in columns), *_ROUNDED, "levy_base", "annual_amount")
"""The columns of an assessment that say why it is another."""

Codes = npt.NDArray[np.int16]


def reasons(before: Any, after: Any, known: npt.NDArray[np.bool_]) -> Codes:
    """The set of reasons of each row as bits; `before` and `after` have the columns of an assessment, row by row the same person.

    Where nothing was `known` before, the decision is the first. OTHER stands where the amount is another and nothing else says why.
    """
    codes = np.zeros(len(after), np.int16)
    for reason, columns in _COLUMNS.items():
        for column in columns:
            codes[before[column] != after[column]] |= reason
    charged = ~(before["is_former_dependant"].astype(np.bool_) & after["is_former_dependant"].astype(np.bool_))
    codes[charged & (before["levy_base"] != after["levy_base"])] |= INCOME
    unsaid = np.flatnonzero((codes == 0) & (before["annual_amount"] != after["annual_amount"]))
    rounded = np.ones(len(unsaid), np.bool_)
    for column in _ROUNDED:
        rounded &= np.abs(after[column][unsaid].astype(np.int64) - before[column][unsaid]) <= COARSEST
    codes[unsaid] = np.where(rounded, ROUNDING, OTHER)
    codes[~known] = FIRST
    return codes


def words_of(code: int) -> str:
    """賦課月数・所得; 「変更なし」 where nothing that is charged has changed."""
    return "・".join(word for reason, word in WORDS.items() if code & reason) or "額に関わらない変更"


class Grouped:
    """People and yen by set of reasons, added up over the parts of a run."""

    def __init__(self) -> None:
        self.people: dict[int, int] = {}
        self.yen: dict[int, int] = {}

    def add(self, codes: Codes, difference: npt.NDArray[Any]) -> None:
        """`difference`: yen more than before, one entry per person."""
        for code in np.unique(codes):
            rows = codes == code
            self.people[int(code)] = self.people.get(int(code), 0) + int(rows.sum())
            self.yen[int(code)] = self.yen.get(int(code), 0) + int(difference[rows].sum())

    def preview(self) -> dict[str, Mapping[str, int]]:
        """The groups in words, the largest change first."""
        order = sorted(self.people, key=lambda code: -abs(self.yen[code]))
        return {words_of(code): {"people": self.people[code], "yen": self.yen[code]} for code in order}
