"""The qualifications of people about whom something was entered: person by person, in the columns of the many (`domain/ledger.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from eligibility_service.domain.entries import Entry
from eligibility_service.domain.ledger import FACTS
from eligibility_service.domain.periods import decided, next_turn
from eligibility_service.domain.records import KEY
from eligibility_service.domain.residence import Residence

_WANTED: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "residence_since": pl.Date(),
    "acquired_on": pl.Date(),
    "acquisition_ground": pl.String(),
    "lost_on": pl.Date(),
    "loss_reason": pl.String(),
}
_COMING: Final[dict[str, pl.DataType]] = {"municipality_code": pl.String(), "resident_number": pl.String(), "acquires_on": pl.Date()}


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
        wanted += [
            (*person, one.cause_on, one.acquired_on, one.ground.value, one.lost_on, one.loss_reason and one.loss_reason.value)
            for one in periods
        ]
        coming.append((*person, next_turn(born_on, periods, today=today)))
    return (
        pl.DataFrame(wanted, schema=_WANTED, orient="row").select(*KEY, *FACTS),
        pl.DataFrame(coming, schema=_COMING, orient="row"),
    )
