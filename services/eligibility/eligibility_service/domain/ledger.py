"""被保険者台帳: which qualifications follow from the residences of people, and what that changes in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from chassis.law import NEVER, DayNumbers
from contracts.events.eligibility import AcquisitionGround, LossReason

from eligibility_service.domain.identity import insured_id_again, insured_ids
from eligibility_service.domain.records import KEY
from eligibility_service.rules.acquisition import acquisition
from eligibility_service.rules.loss import loss

LOSS_OF_STATUS: Final = {"2": LossReason.MOVED_OUT.value, "3": LossReason.DEATH.value, "4": LossReason.REMOVED.value}
FACTS: Final = ("residence_since", "acquired_on", "acquisition_ground", "lost_on", "loss_reason")
_LOSS: Final = ("lost_on", "loss_reason")
QUALIFICATION: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "ordinal": pl.Int16(),
    "insured_id": pl.String(),
    "insured_number": pl.String(),
    "residence_since": pl.Date(),
    "acquired_on": pl.Date(),
    "acquisition_ground": pl.String(),
    "lost_on": pl.Date(),
    "loss_reason": pl.String(),
    "revision": pl.Int32(),
}
"""Columns of a qualification, in the order of the tables. `lost_on` = `acquired_on` is an empty period: cancelled (取消)."""


class Turn(StrEnum):
    """What became of a qualification."""

    ACQUIRED = "acquired"
    CHANGED = "changed"
    LOST = "lost"


@dataclass(frozen=True)
class Decision:
    """`new`: qualifications without number yet; `revised`: those of the ledger that change, as they are now.

    Both with `turn`, and `begins`: whether somebody is insured now who was not before.
    """

    new: pl.DataFrame
    revised: pl.DataFrame


def qualifications_of(residences: pl.DataFrame) -> pl.DataFrame:
    """The qualification that each residence gives, however far in the future; empty periods (lost before acquired) as they are.

    `residences`: KEY, born_on, since, ended_on, status. Returns KEY with FACTS, row by row.
    """
    since = day_numbers(residences["since"])
    ended_on = day_numbers(residences["ended_on"])
    # One version of each rule since the scheme began; a second one will be asked by the day of acquisition and of loss.
    acquired = acquisition.versions[0](born_on=day_numbers(residences["born_on"]), residence_since=since)
    # Where an address elsewhere began is known by entries alone, and those are looked at person by person.
    lost = loss.versions[0](ended_on=ended_on, elsewhere_since=np.full(len(ended_on), NEVER, np.int32))
    return residences.select(
        *KEY,
        pl.col("since").alias("residence_since"),
        days_of(acquired.acquired_on).alias("acquired_on"),
        pl.when(pl.Series(acquired.by_age))
        .then(pl.lit(AcquisitionGround.AGE.value))
        .otherwise(pl.lit(AcquisitionGround.MOVED_IN.value))
        .alias("acquisition_ground"),
        days_of(lost).alias("lost_on"),
        pl.when(pl.col("ended_on").is_null())
        .then(None)
        .otherwise(pl.col("status").replace_strict(LOSS_OF_STATUS, default=None))
        .alias("loss_reason"),
    )


def holds_some_day() -> pl.Expr:
    """Whether a qualification is not empty."""
    return pl.col("lost_on").is_null() | (pl.col("lost_on") > pl.col("acquired_on"))


def begun_by(today: date) -> pl.Expr:
    """Whether a qualification has come into being by `today`: nobody is insured before the day has come."""
    return holds_some_day() & (pl.col("acquired_on") <= today)


def coming_day(today: date) -> pl.Expr:
    """The day on which somebody who is not insured yet will be; null for everybody else."""
    return pl.when(holds_some_day() & (pl.col("acquired_on") > today)).then(pl.col("acquired_on")).alias("acquires_on")


def first_qualifications(wanted: pl.DataFrame) -> pl.DataFrame:
    """New qualifications of people whom nobody knew, one a person; every column of `wanted` is kept."""
    return wanted.with_columns(
        insured_ids(wanted),
        ordinal=pl.lit(1, pl.Int16),
        insured_number=pl.lit(None, pl.String),
        revision=pl.lit(1, pl.Int32),
        turn=pl.lit(Turn.ACQUIRED.value),
        begins=pl.lit(True),
    )


def decide(wanted: pl.DataFrame, held: pl.DataFrame, restated: pl.DataFrame) -> Decision:
    """Bring the ledger of some people in line with what follows from their residences.

    `wanted`: KEY, FACTS: the qualifications that should hold. `held`: every qualification of these people in the ledger.
    `restated`: KEY, `household`, `person` (flags): whose household, or sex or birth, is another than was said before.
    A qualification of the ledger belongs to the cause of the same day (the residence, the certification …), else to the next one that
    has none; one that belongs to none is cancelled, which empties its period. A cancelled one that holds again keeps its number.
    """
    on = [*KEY, "residence_since"]
    active = held.filter(holds_some_day())
    exact = active.select(*on, "ordinal").join(wanted.select(on), on=on)
    moved = active.join(exact, on=[*KEY, "ordinal"], how="anti")
    again = held.filter(~holds_some_day()).join(moved, on=KEY, how="anti").sort("ordinal").unique(on, keep="first")
    exact = pl.concat([exact, again.select(*on, "ordinal").join(wanted.join(exact, on=on, how="anti").select(on), on=on)])
    still_wanted = _ranked(wanted.join(exact, on=on, how="anti").sort(*KEY, "acquired_on"))
    unclaimed = _ranked(held.join(exact, on=[*KEY, "ordinal"], how="anti").sort(*KEY, ~holds_some_day(), "ordinal"))
    paired = unclaimed.select(*KEY, "rank", "ordinal").join(still_wanted, on=[*KEY, "rank"])

    facts = pl.concat(
        [exact.join(wanted, on=on).select(*KEY, "ordinal", *FACTS), paired.select(*KEY, "ordinal", *FACTS)],
    )
    new = still_wanted.join(paired.select(*KEY, "rank"), on=[*KEY, "rank"], how="anti").select(*KEY, *FACTS)
    return Decision(_new(new, held), _revised(held, facts, restated))


def _ranked(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(rank=pl.int_range(pl.len(), dtype=pl.Int32).over(KEY))


def _revised(held: pl.DataFrame, facts: pl.DataFrame, restated: pl.DataFrame) -> pl.DataFrame:
    """The held qualifications whose facts, or whose person, are others than before, with the next revision."""
    now = {f"{name}_now": pl.col(name) for name in FACTS}
    both = held.join(facts.select(*KEY, "ordinal", **now), on=[*KEY, "ordinal"], how="left").join(restated, on=KEY, how="left")
    wanted = pl.col("acquired_on_now").is_not_null()
    # What is wanted no more keeps its facts but for an empty period.
    kept = [name for name in FACTS if name not in _LOSS]
    both = (
        both.with_columns(is_active=wanted)
        .with_columns(pl.when("is_active").then(pl.col(f"{name}_now")).otherwise(pl.col(name)).alias(f"{name}_now") for name in kept)
        .with_columns(
            was_active=holds_some_day(),
            lost_on_now=pl.when("is_active").then(pl.col("lost_on_now")).otherwise(pl.col("acquired_on")),
            loss_reason_now=pl.when("is_active").then(pl.col("loss_reason_now")),
        )
    )
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in FACTS)
    loss_differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in _LOSS)
    said_again = pl.col("is_active") & (
        pl.col("person").fill_null(False) | (pl.col("household").fill_null(False) & pl.col("lost_on_now").is_null())
    )
    changed = both.filter((pl.col("was_active") | pl.col("is_active")) & (differs | said_again))
    turn = (
        pl.when(~pl.col("was_active"))
        .then(pl.lit(Turn.ACQUIRED.value))
        .when(loss_differs & pl.col("lost_on_now").is_not_null())
        .then(pl.lit(Turn.LOST.value))
        .otherwise(pl.lit(Turn.CHANGED.value))
    )
    reopened = pl.col("lost_on").is_not_null() & pl.col("lost_on_now").is_null()
    return changed.with_columns(turn=turn, begins=reopened, revision=pl.col("revision") + 1).select(
        *(pl.col(f"{name}_now").alias(name) if name in FACTS else pl.col(name) for name in QUALIFICATION), "turn", "begins"
    )


def _new(wanted: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """New qualifications: identifier from person and day of acquisition, numbered on after those held."""
    last = held.group_by(KEY).agg(last=pl.col("ordinal").max())
    ranked = _ranked(wanted.sort(*KEY, "acquired_on")).join(last, on=KEY, how="left", maintain_order="left")
    ordinal = (pl.col("last").fill_null(0) + pl.col("rank") + 1).cast(pl.Int16)
    new = first_qualifications(ranked).with_columns(ordinal=ordinal).select(*QUALIFICATION, "turn", "begins")
    taken = set(held["insured_id"])
    if not taken or taken.isdisjoint(new["insured_id"]):
        return new
    again = [
        insured_id_again(row["municipality_code"], row["resident_number"], row["acquired_on"], row["ordinal"])
        if row["insured_id"] in taken
        else row["insured_id"]
        for row in new.iter_rows(named=True)
    ]
    return new.with_columns(insured_id=pl.Series(again, dtype=pl.String))


_ZERO: Final = date(2000, 1, 1)


def day_numbers(days: pl.Series) -> DayNumbers:
    """A column of days as the rules take it; null is NEVER."""
    numbers = (days.to_physical() - _EPOCH).fill_null(NEVER).to_numpy()
    return np.asarray(numbers, np.int32)


def days_of(numbers: DayNumbers) -> pl.Series:
    """Day numbers as a column of days; NEVER is null."""
    since_1970 = pl.Series(numbers, dtype=pl.Int64) + _EPOCH
    return pl.select(pl.when(pl.Series(numbers != NEVER)).then(since_1970).cast(pl.Int32).cast(pl.Date)).to_series()


_EPOCH: Final = (_ZERO - date(1970, 1, 1)).days
