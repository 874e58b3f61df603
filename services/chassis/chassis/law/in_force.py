"""Rules with dates: a change of law is a second function, not an `if year >=` inside the old one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, ParamSpec, TypeVar

from chassis.law.errors import NotInForce
from chassis.law.fiscal_year import Period

P = ParamSpec("P")
R = TypeVar("R")

_DATES = "__in_force__"


@dataclass(frozen=True, slots=True)
class InForce:
    """When a function is the law, and under which article."""

    period: Period
    law: str


def in_force(start: str, until: str | None = None, *, law: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as the law from `start` up to, not including, `until` (ISO days); `law` names the article."""
    dates = InForce(Period(date.fromisoformat(start), date.fromisoformat(until) if until else None), law)

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        setattr(function, _DATES, dates)
        return function

    return mark


def dates_of(function: Callable[..., object]) -> InForce:
    """The dates that `in_force` put on the function; TypeError where there are none."""
    dates = getattr(function, _DATES, None)
    if not isinstance(dates, InForce):
        raise TypeError(f"{getattr(function, '__name__', function)} has no dates: mark it with @in_force(start, until, law=…).")
    return dates


@dataclass(frozen=True, slots=True)
class Rule(Generic[P, R]):
    """The versions of one rule over time; `on(day)` gives the function that is the law on that day."""

    name: str
    versions: tuple[Callable[P, R], ...]

    def on(self, day: date) -> Callable[P, R]:
        """The version of that day. NotInForce where none is; the calendar test makes sure that this cannot happen unnoticed."""
        for version in self.versions:
            if day in dates_of(version).period:
                return version
        raise NotInForce(f"The rule {self.name} has no version on {day}.", f"規則「{self.name}」は {day} に施行されていません。")

    def article_on(self, day: date) -> str:
        return dates_of(self.on(day)).law


RULES: dict[str, Rule[..., Any]] = {}
"""Every rule made by `rule`, by name: what a calendar test walks."""


def rule(name: str, *versions: Callable[P, R]) -> Rule[P, R]:
    """Bind the versions of one rule (all with the same arguments) to a name and enter it in RULES."""
    if not versions:
        raise TypeError(f"The rule {name} needs at least one version.")
    made = Rule(name, versions)
    for version in versions:
        dates_of(version)
    if name in RULES and [v.__qualname__ for v in RULES[name].versions] != [v.__qualname__ for v in versions]:
        raise ValueError(f"The rule {name} is defined twice.")
    RULES[name] = made
    return made


def calendar_faults(of: Rule[..., Any], *, start: date, end: date) -> list[str]:
    """Walk every day from `start` up to `end`; say each gap, each overlap, and each version that is never reached."""
    faults: list[str] = []
    reached: set[int] = set()
    day, previous = start, ""
    while day < end:
        holding = [number for number, version in enumerate(of.versions) if day in dates_of(version).period]
        names = ", ".join(of.versions[number].__name__ for number in holding)
        reached.update(holding[:1])
        fault = f"{of.name}: no version" if not holding else f"{of.name}: {names} overlap" if len(holding) > 1 else ""
        if fault and fault != previous:
            faults.append(f"{fault} from {day}")
        previous = fault
        day += timedelta(days=1)
    faults += [f"{of.name}: {version.__name__} is never reached" for number, version in enumerate(of.versions) if number not in reached]
    return faults
