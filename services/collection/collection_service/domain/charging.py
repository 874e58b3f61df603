"""調定: from assessments to instalments, and to the entries that the ledger must make and reverse.

A deciding function of frames: no database, no clock. One assessment at the counter is a frame of one row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from collection_service.law import Calendar
from collection_service.rules.due_days import Slot
from collection_service.rules.instalments import redistribute

ASSESSED: Final[dict[str, pl.DataType]] = {
    "insured_id": pl.String(),
    "fiscal_year": pl.Int32(),
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "assessment_id": pl.String(),
    "annual_amount": pl.Int64(),
    "provisional": pl.Boolean(),
    "effective_on": pl.Date(),
    "sequence": pl.Int32(),
}
"""What collection takes over of an assessment; `sequence` is the revision at premium."""

LIVE: Final[dict[str, pl.DataType]] = {
    "insured_id": pl.String(),
    "fiscal_year": pl.Int32(),
    "number": pl.Int32(),
    "month": pl.Int32(),
    "due_on": pl.Date(),
    "amount": pl.Int64(),
    "revision": pl.Int32(),
}
"""A charge that holds: made by `revision` and not reversed."""

KEY: Final = ("insured_id", "fiscal_year")


@dataclass(frozen=True)
class Decided:
    """Instalments of some people of one municipality and fiscal year.

    `people`: rows of ASSESSED with `revision` (our own count of changes) and `calendar_hash`.
    """

    people: pl.DataFrame
    slots: tuple[Slot, ...]
    instalments: npt.NDArray[np.int64]
    """People × slots, yen; every row adds up to the annual amount."""
    entries: pl.DataFrame
    """What the ledger must enter: `person` (row of people), `number`, `month`, `due_on`, `amount`, `reverses` (0: a new charge; else the
    revision whose charge is undone)."""

    def lowered(self) -> pl.DataFrame:
        """The instalments that are lowered: `insured_id`, `fiscal_year`, `number`, `amount` (yen that are left)."""
        made = self.entries.filter(reverses=0).select("person", "number", left="amount")
        undone = self.entries.filter(pl.col("reverses") > 0).join(made, on=("person", "number"), how="left", maintain_order="left")
        lower = undone.with_columns(left=pl.col("left").fill_null(0)).filter(pl.col("left") < -pl.col("amount"))
        return lower.join(self.people.select("person", *KEY), on="person").select(*KEY, "number", amount="left")


Calendars = Callable[[str, int], Calendar]


def decide(assessed: pl.DataFrame, live: pl.DataFrame, calendars: Calendars, *, today: date) -> list[Decided]:
    """Divide each annual amount over the instalments of its municipality, given the charges that hold.

    `assessed`: ASSESSED and `revision`, one row a person and fiscal year; `live`: LIVE of the same people. What is due on `today` (or
    too near to give notice) stays; entries are made for what differs.
    """
    return [
        _decide_group(group, live, calendars(str(code), int(year)), today)
        for (code, year), group in sorted(assessed.partition_by("municipality_code", "fiscal_year", as_dict=True).items(), key=str)
    ]


def _decide_group(people: pl.DataFrame, live: pl.DataFrame, calendar: Calendar, today: date) -> Decided:
    people = people.with_row_index("person")
    held = live.join(people.select("person", *KEY), on=KEY)
    slots = _slots(calendar, held, today)
    column = {slot.number: index for index, slot in enumerate(slots)}
    charged = np.zeros((people.height, len(slots)), np.int64)
    made_by = np.zeros_like(charged)
    at = (held["person"].to_numpy(), np.array([column[number] for number in held["number"]], np.int64))
    charged[at] = held["amount"].to_numpy()
    made_by[at] = held["revision"].to_numpy()

    annual = people["annual_amount"].to_numpy()
    is_open = _open(calendar, slots, charged, annual, today)
    change = redistribute.on(calendar.fiscal_year.start)(annual_amount=annual, charged=charged, is_open=is_open, unit=calendar.rounding)
    return Decided(
        people=people.with_columns(
            calendar_hash=pl.lit(calendar.hash),
            provisional=pl.col("provisional") | pl.lit(bool(calendar.provisional)),
        ),
        slots=slots,
        instalments=change.instalments,
        entries=_entries(slots, charged, made_by, change.instalments),
    )


def _slots(calendar: Calendar, held: pl.DataFrame, today: date) -> tuple[Slot, ...]:
    """The ordinary instalments, the extra ones that somebody has already, and the one that would come next; ordered by number."""
    slots = {slot.number: slot for slot in (calendar.extra(today), *calendar.slots)}
    for number, month, due_on in held.select("number", "month", "due_on").unique().iter_rows():
        slots.setdefault(number, Slot(number, month, due_on))
    return tuple(slots[number] for number in sorted(slots))


def _open(
    calendar: Calendar, slots: tuple[Slot, ...], charged: npt.NDArray[np.int64], annual: npt.NDArray[np.int64], today: date
) -> npt.NDArray[np.bool_]:
    """Which instalments may still be changed: ordinary ones in time, extra ones that the person has, else the next extra one."""
    in_time = np.array([calendar.is_open(slot, today) for slot in slots])
    ordinary = np.array([slot.number <= len(calendar.months) for slot in slots])
    is_open: npt.NDArray[np.bool_] = in_time & (ordinary | (charged > 0))
    next_extra = slots.index(calendar.extra(today))
    is_open[:, next_extra] |= ~is_open.any(axis=1) & (annual > charged.sum(axis=1))
    return is_open


def _entries(
    slots: tuple[Slot, ...], charged: npt.NDArray[np.int64], made_by: npt.NDArray[np.int64], instalments: npt.NDArray[np.int64]
) -> pl.DataFrame:
    """Where an instalment changes, its charge is reversed and a new one made; an instalment of nothing has no charge."""
    differs = instalments != charged
    parts = [
        _entry_rows(slots, differs & (charged > 0), -charged, made_by),
        _entry_rows(slots, differs & (instalments > 0), instalments, np.zeros_like(made_by)),
    ]
    return pl.concat(parts).sort("person", "number", "amount")


def _entry_rows(
    slots: tuple[Slot, ...], which: npt.NDArray[np.bool_], amounts: npt.NDArray[np.int64], reverses: npt.NDArray[np.int64]
) -> pl.DataFrame:
    person, column = np.nonzero(which)
    return pl.DataFrame(
        {
            "person": person,
            "number": np.array([slot.number for slot in slots], np.int64)[column],
            "month": np.array([slot.month for slot in slots], np.int64)[column],
            "due_on": pl.Series([slot.due_on for slot in slots])[column],
            "amount": amounts[person, column],
            "reverses": reverses[person, column],
        }
    )
