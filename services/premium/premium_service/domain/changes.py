"""変更の内容: from which decision to which, by how much, why, and through which events; what a notice and a screen show. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import numpy as np
from chassis.binary_copy import Records
from chassis.law import day_of
from contracts.eras import format_day

from premium_service.domain.assessing import uuid_of
from premium_service.domain.reasons import DEPENDANT, INCOME, LEVY_CUT, MONTHS, OTHER, RATES, ROUNDING, TIER, UNDECLARED, reasons
from premium_service.rules.parameters import PARTS

TEN_THOUSANDTHS: Final = 10_000
PART_TERMS: Final = {"medical": "医療分", "child_support": "子ども・子育て支援納付金分"}
EVENTS: Final = {
    "municipal.income_determined.v1": "所得の決定または更正",
    "municipal.resident_changed.v1": "住民記録の異動",
    "eligibility.insured_acquired.v1": "資格の取得",
    "eligibility.insured_changed.v1": "資格の記録の訂正",
    "eligibility.insured_lost.v1": "資格の喪失",
    "eligibility.former_dependant_determined.v1": "被扶養者であったことの確認",
    "premium.income_reviewed.v1": "窓口での所得の届出または照会",
}
RUN: Final = "一括で届いた資料による計算"
"""What stands for the events of a decision that a run has made."""


@dataclass(frozen=True, slots=True)
class ChangeStep:
    """One decision on the way: the day, what made it necessary, and by how much it changed the year's premium (yen)."""

    decided_on: date
    events: tuple[str, ...]
    difference: int


@dataclass(frozen=True, slots=True)
class PartChange:
    """One part of the premium before and after (yen)."""

    part: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Change:
    """From the decision `revision_before` to `revision`, whose difference is the sum of the steps (yen)."""

    assessment_id: UUID
    insured_id: UUID
    fiscal_year: int
    revision_before: int
    revision: int
    decided_on: date
    parts: tuple[PartChange, ...]
    before: int
    after: int
    why: tuple[str, ...]
    steps: tuple[ChangeStep, ...]

    @property
    def difference(self) -> int:
        return self.after - self.before


class NotExplained(ValueError):
    """The columns of two decisions do not say why their amounts differ; the text says so in Japanese."""


def change_of(decisions: Sequence[Records], causes: Mapping[UUID, Sequence[tuple[str, date]]]) -> Change:
    """The change from the first to the last of consecutive decisions (DECISION_DTYPE, one row each) of a person and fiscal year.

    NotExplained where the amount is another and nothing says why: nobody is told of a change without a reason.
    """
    first, last = decisions[0][0], decisions[-1][0]
    steps = tuple(_step(before[0], after[0], causes) for before, after in pairwise(decisions))
    code = int(reasons(decisions[0], decisions[-1], np.ones(1, np.bool_))[0])
    if code & OTHER:
        raise NotExplained("保険料額が変わった理由を、決定の記録から示せません。運用担当に連絡してください。")
    parts = [part for part in PARTS if any(int(row[f"{part}_per_capita"]) for row in (first, last))]
    return Change(
        assessment_id=uuid_of(last["assessment_id"]),
        insured_id=uuid_of(last["insured_id"]),
        fiscal_year=int(last["fiscal_year"]),
        revision_before=int(first["revision"]),
        revision=int(last["revision"]),
        decided_on=_day(last["decided_on"]),
        parts=tuple(PartChange(part, int(first[f"{part}_amount"]), int(last[f"{part}_amount"])) for part in parts),
        before=int(first["annual_amount"]),
        after=int(last["annual_amount"]),
        why=tuple(_why(first, last, code)),
        steps=steps,
    )


def _step(before: Any, after: Any, causes: Mapping[UUID, Sequence[tuple[str, date]]]) -> ChangeStep:
    said = causes.get(uuid_of(after["assessment_id"]), ())
    events = tuple(dict.fromkeys(f"{EVENTS[event_type]}（{format_day(effective_on)}付）" for event_type, effective_on in said))
    return ChangeStep(_day(after["decided_on"]), events or (RUN,), int(after["annual_amount"]) - int(before["annual_amount"]))


def _day(number: Any) -> date:
    found = day_of(int(number))
    assert found is not None, "a decision has its day"
    return found


def _why(before: Any, after: Any, code: int) -> list[str]:
    """Each reason in a sentence, with the value before and after."""

    def yen(name: str) -> str:
        return f"{int(before[name]):,}円から{int(after[name]):,}円"

    lines = []
    if code & MONTHS:
        lines.append(
            f"保険料のかかる月数が、{int(before['months'])}か月から{int(after['months'])}か月に変わりました"
            "（資格を取得した月から、喪失した月の前の月までを数えます）。"
        )
    if code & INCOME:
        lines.append(f"賦課のもととなる所得金額が、{yen('levy_base')}に変わりました。")
    if code & TIER:
        lines.append(
            f"均等割額の軽減が、{_share(before)}から{_share(after)}に変わりました"
            f"（世帯の軽減判定所得 {yen('household_judging_income')}、判定の対象となる被保険者 "
            f"{int(before['household_insured'])}人から{int(after['household_insured'])}人）。"
        )
    if code & UNDECLARED:
        now = (
            "所得の申告のない方がいるため、均等割額の軽減を受けられません" if after["household_undeclared"] else "所得の申告がそろいました"
        )
        lines.append(f"世帯に{now}。" if after["household_undeclared"] else f"世帯の{now}。")
    if code & DEPENDANT:
        lines.append(
            "被用者保険の被扶養者であった方の軽減を受ける月数が、"
            f"{_dependant_months(before)}から{_dependant_months(after)}に変わりました（この軽減を受ける方に所得割額はかかりません）。"
        )
    if code & RATES:
        lines += _rates(before, after)
    if code & LEVY_CUT:
        cuts = [sum(int(row[f"{part}_income_levy_cut"]) for part in PARTS) for row in (before, after)]
        lines.append(f"所得割額の軽減額が、{cuts[0]:,}円から{cuts[1]:,}円に変わりました。")
    if code & ROUNDING:
        lines.append("端数処理の取扱いが変わりました。")
    return lines


def _rates(before: Any, after: Any) -> list[str]:
    lines = []
    for part in PARTS:
        for name, term in (("per_capita", "均等割額"), ("cap", "賦課限度額")):
            old, new = int(before[f"{part}_{name}"]), int(after[f"{part}_{name}"])
            if old != new:
                lines.append(f"{PART_TERMS[part]}の{term}が、{old:,}円から{new:,}円に変わりました。")
        old, new = int(before[f"{part}_income_rate"]), int(after[f"{part}_income_rate"])
        if old != new:
            lines.append(f"{PART_TERMS[part]}の所得割率が、{percent(old)}から{percent(new)}に変わりました。")
    return lines


def percent(millionths: int) -> str:
    """A rate in millionths as printed: 98800 as 9.88%."""
    return f"{millionths // TEN_THOUSANDTHS}.{millionths % TEN_THOUSANDTHS:04d}".rstrip("0").rstrip(".") + "%"


def _share(row: Any) -> str:
    """The reduction of the flat amount as people say it: 7割, 7.2割, 「なし」."""
    shares = list(dict.fromkeys(int(row[f"{part}_reduction"]) for part in PARTS if int(row[f"{part}_per_capita"])))
    return "・".join(f"{share / 1000:g}割" if share else "なし" for share in shares) or "なし"


def _dependant_months(row: Any) -> str:
    return f"{int(row['dependant_months'])}か月" if row["is_former_dependant"] else "なし"
