"""賦課台帳 on the desk: which ledgers there are, and the words of the runs of assessment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.law import FiscalYear


@dataclass(frozen=True, slots=True)
class AssessmentLedger:
    """A ledger: its kind at the service, its title, and whether it asks for a period instead of a fiscal year."""

    kind: str
    title: str
    has_period: bool


LEDGERS: Final = {
    found.kind: found
    for found in (
        AssessmentLedger("assessed", "賦課台帳", has_period=False),
        AssessmentLedger("corrected", "更正賦課台帳", has_period=True),
        AssessmentLedger("provisional", "仮算定賦課台帳", has_period=False),
        AssessmentLedger("limited", "期間制限一覧", has_period=True),
    )
}
RUN_TERMS: Final = {"assess": "本算定・更正", "assess-provisionally": "仮算定", "compare-versions": "並行計算の比較"}
RUN_STATES: Final = {
    "prepared": ("承認待ち", "warn"),
    "approved": ("実行中", "quiet"),
    "reconciled": ("完了", "good"),
    "different": ("不一致あり", "bad"),
    "failed": ("停止", "bad"),
}
TOTALS: Final = {
    "assessed": "対象", "decided": "新しい決定", "unchanged": "変わらない人", "limited": "期間制限", "pending": "所得待ち",
    "revised_since": "その後に決定した人", "undeclared": "未申告のある世帯の人",
}  # fmt: skip
"""What a run counts, in the order of the screen."""


def years_to_choose(today: date) -> list[int]:
    """Fiscal years of the form: the present one and those before it since the scheme began."""
    return list(range(FiscalYear.of(today).year, 2007, -1))
