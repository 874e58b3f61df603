"""賦課限度額: the most that one person is charged for one part of the premium in a fiscal year."""

from __future__ import annotations

import numpy as np
from chassis.law import DayNumbers, Yen, day_number, in_force, rule

from premium_service.rules.columns import Flags
from premium_service.rules.parameters import CapTransition


@in_force("2008-04-01", until="2024-04-01", law="高齢者の医療の確保に関する法律施行令 第18条")
def one_cap(*, cap: int, transition: CapTransition | None, born_on: DayNumbers, by_disability: Flags) -> Yen:
    """One cap for everybody. Yen a year, one entry per person."""
    return np.full(len(born_on), cap, np.int64)


@in_force("2024-04-01", until="2025-04-01", law="高齢者の医療の確保に関する法律施行令 附則（令和6年度の特例）")
def cap_with_transition(*, cap: int, transition: CapTransition | None, born_on: DayNumbers, by_disability: Flags) -> Yen:
    """In FY2024 the lower cap for people born through a day, or insured by disability certification in the year."""
    caps = np.full(len(born_on), cap, np.int64)
    if transition is None:
        raise ValueError("The transitional cap of FY2024 is not among the parameters.")
    caps[(born_on <= day_number(transition.born_through)) | by_disability] = transition.cap
    return caps


@in_force("2025-04-01", law="高齢者の医療の確保に関する法律施行令 第18条")
def one_cap_again(*, cap: int, transition: CapTransition | None, born_on: DayNumbers, by_disability: Flags) -> Yen:
    """From FY2025 one cap again; from FY2026 one for each part."""
    return one_cap(cap=cap, transition=transition, born_on=born_on, by_disability=by_disability)


levy_cap = rule("levy_cap", one_cap, cap_with_transition, one_cap_again)
