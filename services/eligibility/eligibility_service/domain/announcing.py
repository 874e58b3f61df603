"""What the ledger says of its qualifications: events for single changes, a frame with the same columns for many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import polars as pl
from contracts.events.eligibility import AcquisitionGround, InsuredAcquired, InsuredChanged, InsuredEvent, InsuredLost, LossReason
from contracts.primitives import insurer_number

from eligibility_service.domain.ledger import Turn

EVENT_OF: Final[dict[str, type[InsuredEvent]]] = {
    Turn.ACQUIRED: InsuredAcquired,
    Turn.CHANGED: InsuredChanged,
    Turn.LOST: InsuredLost,
}
_EFFECTIVE_ON: Final = {Turn.ACQUIRED: "acquired_on", Turn.CHANGED: "changed_on", Turn.LOST: "lost_on"}
SAID: Final = (
    "insured_id", "insured_number", "insurer_number", "municipality_code", "resident_number", "household_number", "born_on", "sex",
    "acquired_on", "acquisition_ground", "lost_on", "loss_reason", "sequence",
)  # fmt: skip
"""Columns of a sealed batch of insured: the fields of InsuredAcquired with the sequence."""


def events_of(revisions: pl.DataFrame) -> Iterator[tuple[int | None, InsuredEvent]]:
    """Each change as its event, with the row of the record that caused it."""
    for row in revisions.iter_rows(named=True):
        yield row["row"], _event(row)


def _event(row: dict[str, Any]) -> InsuredEvent:
    return EVENT_OF[row["turn"]](
        effective_on=row[_EFFECTIVE_ON[row["turn"]]],
        sequence=row["revision"],
        insured_id=UUID(row["insured_id"]),
        insured_number=row["insured_number"],
        insurer_number=insurer_number(row["municipality_code"]),
        municipality_code=row["municipality_code"],
        resident_number=row["resident_number"],
        household_number=row["household_number"],
        born_on=row["born_on"],
        sex=row["sex"],
        acquired_on=row["acquired_on"],
        acquisition_ground=AcquisitionGround(row["acquisition_ground"]),
        lost_on=row["lost_on"],
        loss_reason=LossReason(row["loss_reason"]) if row["loss_reason"] else None,
    )


def as_batch(revisions: pl.DataFrame) -> pl.DataFrame:
    """The last state of each qualification that changed, as the rows of a sealed batch."""
    last = revisions if revisions["insured_id"].is_unique().all() else revisions.unique("insured_id", keep="last", maintain_order=True)
    numbers = {code: insurer_number(code) for code in last["municipality_code"].unique()}
    return last.with_columns(
        insurer_number=pl.col("municipality_code").replace_strict(numbers, return_dtype=pl.String),
        sequence=pl.col("revision"),
    ).select(SAID)
