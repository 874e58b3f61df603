"""A person as the screens show them: what the services answered, put in the order in which a clerk reads it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from chassis.clock import JAPAN

from contracts.layouts import load_layout

SEX: Final = {"0": "不明", "1": "男", "2": "女"}
STATUS: Final = {"1": "住民", "2": "転出", "3": "死亡", "4": "職権消除"}
PART: Final = {"medical": "医療分", "child_support": "子ども・子育て支援納付金分"}
UNIT: Final = {"yen": "円", "persons": "人", "tenths": "割", "months": "か月", "percent": "％"}
RELATIONSHIP: Final = load_layout("residents").code_tables["relationship"].values
CHANGE: Final = load_layout("residents").code_tables["change_reason"].values
WITHHELD: Final = "支援措置により表示できません"
_OWN_GROUPS: Final = {"annual_amount": "年間保険料額", "months": "賦課月数"}
_HOUSEHOLD_STEPS: Final = ("judging", "household", "limit_", "tier")


def age_on(born_on: date, day: date) -> int:
    """満年齢 on a day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def address_of(person: Mapping[str, Any]) -> str:
    """The address in one line, or why there is none to show."""
    if person.get("address_withheld"):
        return WITHHELD
    parts = ("address_prefecture", "address_municipality", "address_town", "address_number", "address_building")
    return " ".join(str(person[name]) for name in parts if person.get(name))


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody is insured today, in a word; `kind` is good, warn or quiet."""

    word: str
    kind: str
    since: str | None = None


def standing(qualifications: Sequence[Mapping[str, Any]], today: date) -> Standing:
    """資格の状態 on a day, from the person's qualifications."""
    day = today.isoformat()
    for found in qualifications:
        lost = found.get("lost_on")
        if found["acquired_on"] <= day and (lost is None or day < lost):
            return Standing("資格あり", "good", found["acquired_on"])
    if any(found["acquired_on"] > day for found in qualifications):
        return Standing("資格取得前", "warn")
    return (
        Standing("資格喪失", "warn", max(found["lost_on"] for found in qualifications))
        if qualifications
        else Standing("被保険者ではない", "quiet")
    )


@dataclass(frozen=True, slots=True)
class StepGroup:
    """Steps of a calculation that belong together, under one heading."""

    title: str
    steps: list[Mapping[str, Any]] = field(default_factory=list)


def grouped_steps(steps: Sequence[Mapping[str, Any]]) -> list[StepGroup]:
    """The steps in their order under 所得, 世帯の軽減判定, 賦課月数, each part, and the whole."""
    groups: list[StepGroup] = []
    for step in steps:
        title = _group_of(step)
        if not groups or groups[-1].title != title:
            groups.append(StepGroup(title))
        groups[-1].steps.append(step)
    return groups


def _group_of(step: Mapping[str, Any]) -> str:
    if step.get("part"):
        return PART.get(step["part"], str(step["part"]))
    if step["name"] in _OWN_GROUPS:
        return _OWN_GROUPS[step["name"]]
    return "世帯の軽減判定" if str(step["name"]).startswith(_HOUSEHOLD_STEPS) else "所得"


def shown_value(step: Mapping[str, Any]) -> str:
    """The value of a step with its unit."""
    value, unit = step["value"], UNIT.get(str(step.get("unit")), "")
    if isinstance(value, bool):
        return "該当" if value else "非該当"
    return f"{value:,}{unit}" if isinstance(value, int) else str(value)


def next_instalment(years: Sequence[Mapping[str, Any]], today: date) -> Mapping[str, Any] | None:
    """The first instalment that is due on this day or later."""
    due = [found for year in years for found in year["instalments"] if found["due_on"] >= today.isoformat() and found["amount"]]
    return min(due, key=lambda found: str(found["due_on"]), default=None)


def as_of(history: Sequence[Mapping[str, Any]], valid_on: date | None, known_on: date | None) -> list[Mapping[str, Any]]:
    """The versions that were valid on a day, as they were known at the end of a day in Japan; None asks for all."""
    return [version for version in history if _covers(version, "valid", valid_on) and _covers(version, "recorded", known_on)]


def _covers(version: Mapping[str, Any], which: str, day: date | None) -> bool:
    if day is None:
        return True
    first, until = _day(version.get(f"{which}_from")), _day(version.get(f"{which}_until"))
    return (first is None or first <= day) and (until is None or day < until)


def _day(value: object) -> date | None:
    if not value:
        return None
    text = str(value)
    return datetime.fromisoformat(text).astimezone(JAPAN).date() if "T" in text else date.fromisoformat(text[:10])
