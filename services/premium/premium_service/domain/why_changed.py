"""変更の理由 in words: each cause with what changed, what made it known, and how many yen it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from chassis.law import NEVER, day_of
from contracts.eras import format_day

from premium_service.domain.changes import EVENTS
from premium_service.domain.trace import in_eras
from premium_service.rules import difference as d
from premium_service.rules.terms import TERMS

SUBJECTS: Final = {
    d.LAW: "法令・料率の登録が変わりました",
    d.HOUSEHOLD: "世帯の構成が変わりました",
    d.INCOME: "所得が変わりました",
    d.QUALIFICATION: "資格の記録が変わりました",
    d.FORMER_DEPENDANT: "被用者保険の被扶養者であったことの記録が変わりました",
    d.RATE_AREA: "不均一保険料率の区域が変わりました",
}
BRINGS: Final = {
    d.HOUSEHOLD: ("municipal.resident_changed.v1", "eligibility.insured_acquired.v1", "eligibility.insured_lost.v1"),
    d.INCOME: ("municipal.income_determined.v1",),
    d.QUALIFICATION: ("eligibility.insured_changed.v1", "eligibility.insured_lost.v1"),
    d.FORMER_DEPENDANT: ("eligibility.former_dependant_determined.v1",),
    d.RATE_AREA: ("municipal.resident_changed.v1",),
    d.LAW: (),
}
"""The types of messages that can bring such a cause."""
_DAYS: Final = {"judged_on", "born_on", "acquired_on", "lost_on", "former_dependant_since"}
_FLAGS: Final = {"is_head", "is_insured", "by_disability", "has_total_income"}
_STATES: Final = {1: "申告済", 2: "未申告", 3: "照会中・未着"}


def content(cause: d.Cause, whose: Mapping[int, str], areas: Sequence[str], said: Sequence[tuple[str, date]]) -> dict[str, Any]:
    """A cause as JSON. `whose`: the column `member` → 本人, 世帯主 or 世帯員; `areas`: names of the rate areas.

    `said`: (type, the day from which it counts) of the messages that made the decision necessary; none where a run made it.
    """
    changes = [
        {
            "member": whose.get(change.member, "世帯員"),
            "column": change.column,
            "term": "世帯員" if change.column == "member" else TERMS[change.column][0],
            "before": _shown(change.column, change.before, areas),
            "after": _shown(change.column, change.after, areas),
        }
        for change in cause.changes
    ]
    sentences = [f"{found['member']}の{found['term']} {found['before']} → {found['after']}" for found in changes]
    brought = [(event_type, day) for event_type, day in said if event_type in BRINGS[cause.kind]]
    events = [f"{EVENTS[event_type]}（{format_day(day)}付）" for event_type, day in brought]
    text = "。".join((SUBJECTS[cause.kind], "、".join(sentences))) if sentences else SUBJECTS[cause.kind]
    return {"kind": cause.kind, "text": f"{text}。", "changes": changes, "events": events, "yen": cause.yen}


def changed_steps(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps whose value or formula differs, in the order of the calculation; None where one has no such step."""
    old, new = _keyed(before), _keyed(after)
    keys = [*new, *(key for key in old if key not in new)]
    return [
        {
            "name": key[0],
            "part": key[1],
            "term": (new.get(key) or old[key])["term"],
            "unit": (new.get(key) or old[key])["unit"],
            **_both("value", old.get(key), new.get(key)),
            **_both("formula", old.get(key), new.get(key)),
        }
        for key in keys
        if any(old.get(key, {}).get(name) != new.get(key, {}).get(name) for name in ("value", "formula"))
    ]


def _keyed(steps: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str | None, int], Mapping[str, Any]]:
    """By name, part and how often the name came before: the incomes of a household's members follow one another."""
    found: dict[tuple[str, str | None, int], Mapping[str, Any]] = {}
    for step in steps:
        times = sum((name, part) == (step["name"], step["part"]) for name, part, _ in found)
        found[step["name"], step["part"], times] = step
    return found


def _both(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    return {f"{name}_before": old[name] if old else None, f"{name}_after": new[name] if new else None}


def _shown(column: str, value: int | None, areas: Sequence[str]) -> str:
    if column == "member":
        return "いる" if value is not None else "いない"
    if value is None:
        return "なし"
    if column in _DAYS:
        return "なし" if value == NEVER else in_eras(str(day_of(value)))
    if column in _FLAGS:
        return "はい" if value else "いいえ"
    if column == "income_status":
        return _STATES[value]
    if column == "rate_area":
        return (areas[value] or "区域なし") if value >= 0 else "不明"
    return f"{value:,}円"
