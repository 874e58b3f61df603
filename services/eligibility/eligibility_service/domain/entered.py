"""The qualifications of people about whom something was entered: person by person, in the columns of the many (`domain/ledger.py`)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from eligibility_service.domain.corrections import Period
from eligibility_service.domain.entries import Entry
from eligibility_service.domain.ledger import FACTS
from eligibility_service.domain.moves import Life, Person, decided_together
from eligibility_service.domain.periods import decided, next_turn
from eligibility_service.domain.records import KEY
from eligibility_service.domain.residence import Residence

WANTED: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "residence_since": pl.Date(),
    "acquired_on": pl.Date(),
    "acquisition_ground": pl.String(),
    "lost_on": pl.Date(),
    "loss_reason": pl.String(),
}
COMING: Final[dict[str, pl.DataType]] = {"municipality_code": pl.String(), "resident_number": pl.String(), "acquires_on": pl.Date()}


CARRIED: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "residence_since": pl.Date(),
    "from_code": pl.String(),
    "from_number": pl.String(),
    "from_since": pl.Date(),
}
"""A qualification that carries the number on, and the one that it goes on from."""


def qualifications_moved(groups: Sequence[dict[Person, Life]], *, today: date) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """For people who are linked: WANTED, COMING and CARRIED, each part of a life where it was lived."""
    wanted: list[tuple[Any, ...]] = []
    coming: list[tuple[Any, ...]] = []
    carried: list[tuple[Any, ...]] = []
    for lives in groups:
        parts = decided_together(lives, today=today).parts
        wanted += [(*one.person, *_facts(one)) for one in parts]
        for person, life in lives.items():
            own = [one for one in parts if one.person == person]
            coming.append((*person, next_turn(life.born_on, own, today=today)))
        for before, one in itertools.pairwise(parts):
            if one.continues:
                carried.append((*one.person, one.cause_on, *before.person, before.cause_on))
    return (
        pl.DataFrame(wanted, schema=WANTED, orient="row"),
        pl.DataFrame(coming, schema=COMING, orient="row"),
        pl.DataFrame(carried, schema=CARRIED, orient="row"),
    )


def _facts(one: Period) -> tuple[Any, ...]:
    return one.cause_on, one.acquired_on, one.ground.value, one.lost_on, one.loss_reason and one.loss_reason.value


def qualifications_entered(
    residences: pl.DataFrame, entered: Mapping[tuple[str, str], Sequence[Entry]], *, today: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """For the people of `entered`: KEY with FACTS, however far in the future, and KEY with `acquires_on`.

    `residences`: KEY, born_on, since, ended_on, status, in order; rows of other people are left alone.
    """
    lives: dict[tuple[str, str], tuple[date, list[Residence]]] = {}
    for code, number, born_on, since, ended_on, status in residences.select(*KEY, "born_on", "since", "ended_on", "status").iter_rows():
        if (code, number) in entered:
            lives.setdefault((code, number), (born_on, []))[1].append(Residence(since, ended_on, status))
    wanted: list[tuple[Any, ...]] = []
    coming: list[tuple[Any, ...]] = []
    for person, (born_on, lived) in lives.items():
        periods = decided(born_on, lived, entered[person], today=today).periods
        wanted += [(*person, *_facts(one)) for one in periods]
        coming.append((*person, next_turn(born_on, periods, today=today)))
    return (
        pl.DataFrame(wanted, schema=WANTED, orient="row").select(*KEY, *FACTS),
        pl.DataFrame(coming, schema=COMING, orient="row"),
    )
