"""The records of residents as a table: the same form whether they came one by one, packed, or in a sealed batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl
from contracts.events.municipal import ResidentChanged

KEY: Final = ("municipality_code", "resident_number")
RECORD: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "sequence": pl.Int32(),
    "household_number": pl.String(),
    "relationship": pl.String(),
    "status": pl.String(),
    "change_reason": pl.String(),
    "changed_on": pl.Date(),
    "notified_on": pl.Date(),
    "name": pl.String(),
    "name_kana": pl.String(),
    "sex": pl.String(),
    "born_on": pl.Date(),
    "born_on_unknown_text": pl.String(),
    "postal_code": pl.String(),
    "address_prefecture": pl.String(),
    "address_municipality": pl.String(),
    "address_town": pl.String(),
    "address_number": pl.String(),
    "address_building": pl.String(),
    "resident_since": pl.Date(),
    "ended_on": pl.Date(),
}
"""Columns of a record, in the order of the tables."""


class RecordsUnreadable(Exception):
    """A sealed batch has not the columns of a residents file; nothing of it was loaded."""


def of_events(events: Sequence[ResidentChanged]) -> pl.DataFrame:
    """The records in order, with `row` (place in `events`) and `turn` (0 for the first record of a resident, 1 for the second …)."""
    columns = {name: pl.Series(name, [getattr(event, name) for event in events], dtype=dtype) for name, dtype in RECORD.items()}
    frame = pl.DataFrame(columns).with_columns(row=pl.int_range(pl.len(), dtype=pl.Int32))
    return _with_turns(frame)


def of_batch(frame: pl.DataFrame) -> pl.DataFrame:
    """The records of a sealed batch, sorted by resident and sequence, with `turn`. RecordsUnreadable names what is missing."""
    if missing := [name for name in RECORD if name not in frame.columns]:
        raise RecordsUnreadable(f"The batch has no column {', '.join(missing)}.")
    records = frame.select(pl.col(name).cast(dtype) for name, dtype in RECORD.items())
    key = pl.concat_str(*KEY, separator=":")
    if records.select((key > key.shift(1)).all()).item():  # a file sorted by resident, the usual one: nobody stands in it twice
        return records.with_columns(turn=pl.lit(0, pl.Int32))
    return _with_turns(records.sort(*KEY, "sequence"))


def people_in(records: pl.DataFrame) -> int:
    """How many residents stand in records that have their `turn`."""
    return int(records.select((pl.col("turn") == 0).sum()).item())


def _with_turns(frame: pl.DataFrame) -> pl.DataFrame:
    if frame.select(KEY).is_unique().all():
        return frame.with_columns(turn=pl.lit(0, pl.Int32))
    return frame.with_columns(turn=pl.int_range(pl.len(), dtype=pl.Int32).over(KEY))


def in_turns(records: pl.DataFrame) -> Iterable[pl.DataFrame]:
    """Records of several times, so that each resident stands at most once in each part, in order."""
    turns = records["turn"].unique().sort().to_list()
    if len(turns) == 1:
        yield records
        return
    for turn in turns:
        yield records.filter(pl.col("turn") == turn)
