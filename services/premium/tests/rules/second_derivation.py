"""Core against oracle: the same random households through both, and where they differ."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
from chassis.law import FiscalYear, day_of
from premium_service.estimate.snapshots import Row, rows_of
from premium_service.law import premium_parameters
from premium_service.rules import Households, Parameters, assess
from premium_service.rules.columns import DECIDED, DECIDED_UNDECLARED, INQUIRING, PENDING

from services.premium.tests.rules.oracle_premium import Person, premiums
from services.premium.tests.rules.oracle_rates import UNIONS, knows
from services.premium.tests.rules.random_households import a_household, as_case, the_cast

YEARS = range(2008, 2028)
HOUSEHOLDS = 160
AREAS = {"11": "小鹿野町"}


@dataclass(frozen=True)
class Batch:
    """The rows of a year's households, and for each row that is decided: whose it is and on which day it is judged."""

    people: tuple[list[Person], ...]
    households: Households
    of_row: tuple[tuple[int, int, date] | None, ...]
    """(household, place, judging day)"""


@cache
def batch(year: int) -> Batch:
    """Always the same households for a year."""
    chance = random.Random(year)
    people = (*the_cast(year), *(a_household(chance, year) for _ in range(HOUSEHOLDS)))
    rows: list[Row] = []
    of_row: list[tuple[int, int, date] | None] = []
    for number, members in enumerate(people):
        own = rows_of(as_case(members, year), first_household=rows[-1]["household"] + 1 if rows else 0, rate_area=0)
        for row in own:
            if members[row["member"]].status == "inquiring":
                row["income_status"] = INQUIRING
            day = day_of(row["judged_on"])
            assert day is not None
            of_row.append((number, row["member"], day) if row["is_assessed"] else None)
        rows += own
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return Batch(people, Households.of(columns), tuple(of_row))


@cache
def oracle(year: int, union: str, area: str = "") -> dict[str, npt.NDArray[np.int64]]:
    """Column → what the oracle finds for each row; -1 everywhere in rows that it refuses or that are only counted."""
    given = batch(year)
    answers = [premiums(members, year, union, area) for members in given.people]
    found: list[dict[str, int] | None] = []
    for key in given.of_row:
        found.append(None if key is None else answers[key[0]][key[1], key[2]])
    names = next(answer.keys() for answer in found if answer) - {"poor"}
    return {name: np.array([-1 if answer is None else answer[name] for answer in found], np.int64) for name in names}


def places() -> Iterator[tuple[int, str, str]]:
    """Every fiscal year, union and area of uneven rates that the oracle knows."""
    for year in YEARS:
        for union, rates in UNIONS.items():
            if knows(union, year):
                yield year, union, ""
                if union in AREAS and year - year % 2 in rates.areas[AREAS[union]]:
                    yield year, union, AREAS[union]


def differences(year: int, union: str, area: str = "", law: Parameters | None = None) -> list[str]:
    """What core and oracle do not agree about, as sentences; empty where every figure is the same."""
    given, expected = batch(year), oracle(year, union, area)
    law = law or premium_parameters(union, FiscalYear(year))
    households = given.households
    if area:
        households = Households.of({name: getattr(households, name) for name in Households.__slots__} | {
            "rate_area": np.full(households.rows, law.rate_areas.index(area))})  # fmt: skip
    result = assess(households, law)
    decided = expected["annual_amount"] >= 0
    outcome = result["outcome"]
    if not np.array_equal(decided, (outcome == DECIDED) | (outcome == DECIDED_UNDECLARED)):
        return [f"{year} {union}: other rows are decided"]
    refused = np.array([key is not None for key in given.of_row]) & ~decided
    if not bool((outcome[refused] == PENDING).all()):
        return [f"{year} {union}: an income being inquired is not refused"]
    faults = []
    for name in sorted(expected):
        rows = np.flatnonzero(decided & (result[name].astype(np.int64) != expected[name]))
        if len(rows):
            row = int(rows[0])
            key = given.of_row[row]
            assert key is not None
            faults.append(
                f"{year} {union}{area} {name}: {int(result[name][row])} for {int(expected[name][row])}: {key[1]} of {given.people[key[0]]}"
            )
    return faults
