"""賦課台帳: what stands on the ledgers of assessment, column by column. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from chassis.lists import Column
from contracts.eras import format_day, format_fiscal_year

WHOLE_UNION: Final = "*"


class LedgerKind(StrEnum):
    """台帳の種類."""

    ASSESSED = "assessed"
    CORRECTED = "corrected"
    PROVISIONAL = "provisional"
    LIMITED = "limited"


TITLES: Final = {
    LedgerKind.ASSESSED: "後期高齢者医療保険料　賦課台帳",
    LedgerKind.CORRECTED: "後期高齢者医療保険料　更正賦課台帳",
    LedgerKind.PROVISIONAL: "後期高齢者医療保険料　仮算定賦課台帳",
    LedgerKind.LIMITED: "賦課決定の期間制限一覧",
}
SUMS: Final = {
    LedgerKind.ASSESSED: "年額の合計",
    LedgerKind.CORRECTED: "増減の合計",
    LedgerKind.PROVISIONAL: "仮算定額の合計",
    LedgerKind.LIMITED: "差額の合計",
}
"""What the yen of the lines add up to."""
_NUMBER = Column("insured_number", "被保険者番号", 54)
_RESIDENT = Column("resident_number", "宛名番号", 62)
_NAME = Column("name", "氏名", 70, is_name=True)
_YEAR = Column("year_name", "年度", 36)
_SNAPSHOT = Column("snapshot", "入力記録", 86)
"""The frozen inputs that the line rests on: run and household."""
COLUMNS: Final[dict[LedgerKind, tuple[Column, ...]]] = {
    LedgerKind.ASSESSED: (
        _NUMBER, _RESIDENT, _NAME, Column("levy_base", "賦課のもととなる所得", 76), Column("reduction", "軽減", 30),
        Column("months", "月数", 20), Column("per_capita", "均等割額", 42), Column("income_levy", "所得割額", 46),
        Column("medical_amount", "医療分", 46), Column("child_support_amount", "子ども分", 40), Column("amount", "年額", 48),
        Column("revision", "回", 14), Column("decided_on", "決定日", 42), _SNAPSHOT,
    ),
    LedgerKind.CORRECTED: (
        Column("decided_on", "決定日", 42), _YEAR, _NUMBER, _RESIDENT, _NAME, Column("amount_before", "更正前", 46),
        Column("amount", "更正後", 46), Column("difference", "増減", 46), Column("reasons", "理由", 90), Column("events", "異動", 110),
        Column("revision", "回", 14), _SNAPSHOT,
    ),
    LedgerKind.PROVISIONAL: (
        _NUMBER, _RESIDENT, _NAME, Column("income_year_name", "基礎とした所得", 52), Column("standing", "所得の状況", 76),
        Column("year_amount", "年額の見込み", 56), Column("months", "月数", 20), Column("amount", "仮算定額", 50),
        Column("replaced", "本算定", 60), _SNAPSHOT,
    ),
    LedgerKind.LIMITED: (
        Column("found_on", "判明日", 42), _YEAR, _NUMBER, _NAME, Column("kind_name", "区分", 70), Column("amount_in_force", "決定額", 44),
        Column("amount_right", "計算した額", 46), Column("difference", "差額", 44), Column("method_name", "徴収方法", 62),
        Column("first_due_on", "最初の納期限", 48), Column("closed_on", "決定できない日", 52), Column("basis", "根拠", 68), _SNAPSHOT,
    ),
}  # fmt: skip
AMOUNTS: Final = frozenset(
    {"levy_base", "per_capita", "income_levy", "medical_amount", "child_support_amount", "amount", "amount_before", "difference",
     "year_amount", "amount_in_force", "amount_right"}
)  # fmt: skip
"""Columns of yen: with commas on paper and on the screen, bare in a CSV."""


class NotAsked(ValueError):
    """A ledger was asked for without what it needs; the text says in Japanese what is missing."""


@dataclass(frozen=True, slots=True)
class LedgerAsked:
    """Which ledger: of a municipality or the whole union ('*'); of a fiscal year, or of the decisions from `first_day` to `last_day`."""

    kind: LedgerKind
    municipality_code: str
    fiscal_year: int | None = None
    first_day: date | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        if self.has_period and (self.first_day is None or self.last_day is None or self.last_day < self.first_day):
            raise NotAsked("期間の初日と末日を、この順に入れてください。")
        if not self.has_period and self.fiscal_year is None:
            raise NotAsked("年度を入れてください。")

    @property
    def has_period(self) -> bool:
        return self.kind in (LedgerKind.CORRECTED, LedgerKind.LIMITED)

    def line(self) -> str:
        """Of which year or days the ledger is, as it stands under the title."""
        if not self.has_period:
            assert self.fiscal_year is not None
            return format_fiscal_year(self.fiscal_year)
        assert self.first_day is not None
        assert self.last_day is not None
        what = "決定した更正" if self.kind is LedgerKind.CORRECTED else "判明したもの"
        return f"{format_day(self.first_day)}から{format_day(self.last_day)}までに{what}"

    def as_json(self) -> dict[str, Any]:
        """For the database: days as ISO text."""
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(self).items()}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Self:
        days = {name: date.fromisoformat(found[name]) if found[name] else None for name in ("first_day", "last_day")}
        return cls(**{**found, "kind": LedgerKind(found["kind"]), **days})
