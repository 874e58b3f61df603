"""期: rehearsal, migration, routine work; and the milestones on the way. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """移行リハーサル → 移行 → 経常, and never back."""

    REHEARSAL = "rehearsal"
    MIGRATION = "migration"
    ROUTINE = "routine"

    @property
    def term(self) -> str:
        return _TERMS[self]


_TERMS: Final = {Phase.REHEARSAL: "移行リハーサル", Phase.MIGRATION: "移行", Phase.ROUTINE: "経常"}


class Milestone(StrEnum):
    """進捗表 (導入スケジュール): one line each, in the order of the work. What the system sees for itself is never ticked by hand."""

    CUT_OFF_SET = "cut_off_set"
    REHEARSED = "rehearsed"
    MIGRATION_BEGUN = "migration_begun"
    EXTRACTS_RECEIVED = "extracts_received"
    RESULT_AGREES = "result_agrees"
    ROUTINE_REHEARSED = "routine_rehearsed"
    CARDS_PREPARED = "cards_prepared"
    ROUTINE_BEGUN = "routine_begun"

    @property
    def term(self) -> str:
        return _MILESTONES[self]


_MILESTONES: Final = {
    Milestone.CUT_OFF_SET: "基準日と対象の市区町村の決定",
    Milestone.REHEARSED: "運用試験（移行業務）",
    Milestone.MIGRATION_BEGUN: "移行業務の開始",
    Milestone.EXTRACTS_RECEIVED: "全市区町村の全件データの受領",
    Milestone.RESULT_AGREES: "創設結果表の一致",
    Milestone.ROUTINE_REHEARSED: "運用試験（経常業務）",
    Milestone.CARDS_PREPARED: "証の一括作成",
    Milestone.ROUTINE_BEGUN: "経常業務の開始",
}
SEEN_BY_ITSELF: Final = frozenset(
    {
        Milestone.CUT_OFF_SET, Milestone.MIGRATION_BEGUN, Milestone.EXTRACTS_RECEIVED, Milestone.RESULT_AGREES, Milestone.ROUTINE_BEGUN,
    }
)  # fmt: skip
