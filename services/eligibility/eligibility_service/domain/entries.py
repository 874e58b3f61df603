"""異動の記載: what people declare, decide and correct about a person's qualification. The log only grows; a wrong entry is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from eligibility_service.domain.contents import Said, TakenBack


class Source(StrEnum):
    """届出の経路: who brought it about."""

    NOTICE = "notice"
    UNION = "union"
    AUTHORITY = "authority"

    @property
    def term(self) -> str:
        return {"notice": "届出", "union": "広域連合の決定", "authority": "職権"}[self.value]


TERMS: Final[dict[str, str]] = {
    "acquisition_notified": "資格取得届",
    "loss_notified": "資格喪失届",
    "change_notified": "変更届",
    "disability_applied": "障害認定の申請",
    "disability_certified": "障害認定",
    "disability_refused": "障害認定の却下",
    "disability_withdrawn": "障害認定の撤回",
    "disability_ended": "障害の状態の終了",
    "exclusion_begun": "適用除外の開始",
    "exclusion_ended": "適用除外の終了",
    "domicile_exception_begun": "住所地特例の該当",
    "domicile_exception_moved": "住所地特例の施設の変更",
    "domicile_exception_ended": "住所地特例の非該当",
    "other_union_begun": "他の広域連合の住所地特例の該当",
    "other_union_ended": "他の広域連合の住所地特例の終了",
    "previous_insurer": "前保険の確認",
    "corrected": "訂正",
    "amended": "履歴修正",
    "cancelled": "資格の取消",
    "renumbered": "被保険者番号の変更",
    "taken_back": "記載の取消",
}
EVIDENCE: Final[dict[str, str]] = {
    "pension": "障害年金証書",
    "physical": "身体障害者手帳",
    "mental": "精神障害者保健福祉手帳",
    "intellectual": "療育手帳",
}
"""What shows the degree of a disability."""


class Entry(BaseModel):
    """One entry of the log. `effective_on`: the day the law counts; `notified_on`: when it was declared; `position`: its place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: UUID
    municipality_code: str
    resident_number: str
    content: Said
    effective_on: date
    notified_on: date | None = None
    late_reason: str | None = None
    legal_basis: str
    source: Source
    reason: str
    recorded_by: str
    recorded_at: datetime
    approval_id: UUID | None = None
    position: int = 0

    @property
    def term(self) -> str:
        return TERMS[self.content.kind]


IN_DAYS: Final = frozenset(
    {
        "acquisition_notified", "loss_notified", "change_notified", "exclusion_begun", "exclusion_ended", "domicile_exception_begun",
        "domicile_exception_moved", "domicile_exception_ended", "other_union_begun", "other_union_ended",
    }
)  # fmt: skip
"""Notices that must come within days of the event; an application or a withdrawal comes when the person wishes."""


def last_day_of_notice(effective_on: date, *, days: int) -> date:
    """届出期限: the last of the days in which a notice is in time, counted from the day after the event."""
    return effective_on + timedelta(days=days)


def is_late(effective_on: date, notified_on: date, *, days: int) -> bool:
    """Whether a notice came after its last day (施行規則第10条); it still counts, with the reason for the lateness."""
    return notified_on > last_day_of_notice(effective_on, days=days)


def standing(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that count, in the order of the log: all but those that a standing later one takes back, and the takings back."""
    taken_back: set[UUID] = set()
    for entry in sorted(entries, key=lambda one: one.position, reverse=True):
        if entry.entry_id not in taken_back and isinstance(entry.content, TakenBack):
            taken_back.add(entry.content.entry_id)
    counting = (entry for entry in entries if entry.entry_id not in taken_back and not isinstance(entry.content, TakenBack))
    return sorted(counting, key=lambda one: one.position)
