"""調定 of who is collected from the pension in some months of a year: six special payments beside the ordinary instalments.

What was requested of a pension payer stands; the rest of the year stands in the payments that can still be requested, or in ordinary
instalments. A deciding function of frames, as `charging` is, which decides for everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from chassis.law import Yen

from collection_service.domain.charging import KEY, Calendars, Decided, charged_in, entries_of, open_for, slots_of
from collection_service.domain.charging import decide as decide_ordinary
from collection_service.law import Calendar
from collection_service.law.special_collection import FIRST_NUMBER, Payments, payments_of
from collection_service.rules.collection_method import Method
from collection_service.rules.due_days import Slot
from collection_service.rules.instalments import divide, redistribute
from collection_service.rules.special_instalments import MONTHS, PROVISIONAL_MONTHS, change_special, final_payments

Flags = npt.NDArray[np.bool_]

UNDECIDED: Final = -1
SIX: Final = len(MONTHS)
PROVISIONAL: Final = len(PROVISIONAL_MONTHS)
METHODS: Final = tuple(f"method_{month}" for month in MONTHS)
AMOUNTS: Final = tuple(f"payment_{month}" for month in MONTHS)
WAYS: Final[dict[str, pl.DataType]] = {
    "insured_id": pl.String(),
    "fiscal_year": pl.Int32(),
    "lost_on": pl.Date(),
    **{name: pl.Int8() for name in METHODS},
    **{name: pl.Int64() for name in AMOUNTS},
}
"""How each payment of a person and fiscal year is collected: `Method` or UNDECIDED, and the yen decided for it; `lost_on`: when the
qualification ended, if it did."""


@dataclass(frozen=True)
class YearCharged:
    """`decided`: the instalments of everybody, in groups; `stopped`: KEY of those whose special collection the change ends (減額)."""

    decided: list[Decided]
    stopped: pl.DataFrame


def decide(assessed: pl.DataFrame, live: pl.DataFrame, ways: pl.DataFrame, calendars: Calendars, *, today: date) -> YearCharged:
    """Divide each annual amount over special payments and ordinary instalments.

    `assessed`, `live` as in `charging.decide`; `ways`: WAYS of those for whom any payment is decided otherwise than ordinary. A row of
    `sequence` 0 is a year that nobody has assessed yet (仮徴収): its amount is what its payments are.
    """
    taken_from = pl.concat([ways.select(KEY), live.filter(pl.col("number") >= FIRST_NUMBER).select(KEY)]).unique()
    others = assessed.join(taken_from, on=KEY, how="anti", maintain_order="left")
    decided = decide_ordinary(others, live, calendars, today=today) if others.height else []
    theirs = assessed.join(taken_from, on=KEY, how="semi", maintain_order="left").join(ways, on=KEY, how="left", maintain_order="left")
    theirs = theirs.with_columns(pl.col(METHODS).fill_null(UNDECIDED), pl.col(AMOUNTS).fill_null(0))
    stopped = [assessed.clear().select(KEY)]
    for (code, year), group in sorted(theirs.partition_by("municipality_code", "fiscal_year", as_dict=True).items(), key=str):
        calendar = calendars(str(code), int(year))
        found, stops = _decide_group(group, live, calendar, payments_of(str(code), calendar), today)
        decided.append(found)
        stopped.append(group.select(KEY).filter(stops))
    return YearCharged(decided, pl.concat(stopped))


def _decide_group(people: pl.DataFrame, live: pl.DataFrame, calendar: Calendar, payments: Payments, today: date) -> tuple[Decided, Flags]:
    people = people.with_row_index("person")
    held = live.join(people.select("person", *KEY), on=KEY)
    slots = _all_slots(calendar, payments, held, today)
    charged, made_by = charged_in(slots, held, people.height)
    special = np.array([next(i for i, slot in enumerate(slots) if slot.number == FIRST_NUMBER + column) for column in range(SIX)])
    ordinary = np.array([i for i, slot in enumerate(slots) if slot.number < FIRST_NUMBER])

    way = Ways.of(people, payments, today)
    kept = way.kept(charged[:, special])
    is_unassessed = people["sequence"].to_numpy() == 0
    annual = _annual(people, kept, is_unassessed, calendar)
    ordinary_slots = tuple(slots[i] for i in ordinary)
    in_time = np.array([calendar.is_open(slot, today) for slot in ordinary_slots])
    of_ordinary = charged[:, ordinary]
    change = change_special.on(calendar.fiscal_year.start)(
        annual_amount=annual, payments=kept, is_taken=way.is_taken & (kept > 0), ordinary=np.where(in_time, 0, of_ordinary).sum(axis=1)
    )
    is_free = way.is_free(charged[:, special]) & ~change.stops[:, None] & ~is_unassessed[:, None]

    target = np.zeros_like(charged)
    target[:, special] = change.payments
    target[:, ordinary] = np.where(in_time, 0, of_ordinary)
    _fill_free(target, special, ordinary, ordinary_slots, in_time, annual, is_free, way, calendar, payments)
    has_free = is_free.any(axis=1)
    is_open = np.zeros(charged.shape, np.bool_)
    is_open[:, ordinary] = open_for(calendar, ordinary_slots, of_ordinary, annual - target[:, special].sum(axis=1), today)
    is_open &= ~(has_free | is_unassessed)[:, None]
    divided = redistribute.on(calendar.fiscal_year.start)(annual_amount=annual, charged=target, is_open=is_open, unit=calendar.rounding)
    decided = Decided(
        people=people.select(pl.all().exclude("lost_on", *METHODS, *AMOUNTS)).with_columns(
            annual_amount=pl.Series(annual),
            assessed_amount=pl.Series(np.where(is_unassessed, annual, people["assessed_amount"].to_numpy())),
            calendar_hash=pl.lit(calendar.hash),
            provisional=pl.col("provisional") | pl.lit(bool(calendar.provisional)),
        ),
        slots=slots,
        instalments=divided.instalments,
        entries=entries_of(slots, charged, made_by, divided.instalments),
    )
    return decided, change.stops & ~is_unassessed & way.is_special.any(axis=1)


@dataclass(frozen=True)
class Ways:
    """How the six payments of some people (n × 6) are collected on a day, and which of them can still be changed."""

    is_special: Flags
    planned: Yen
    """What was decided for a payment, where it is special."""
    is_taken: Flags
    """Taken already, or too near to be stopped."""
    is_requested: Flags
    """The day has passed until which an amount can be requested."""

    @classmethod
    def of(cls, people: pl.DataFrame, payments: Payments, today: date) -> Ways:
        method = people.select(METHODS).to_numpy()
        is_special = np.zeros(method.shape, np.bool_)
        before = np.zeros(len(method), np.bool_)
        for column in range(SIX):  # who waits for a fact, or is not decided on yet, goes on as before
            goes_on = (method[:, column] == UNDECIDED) | (method[:, column] == Method.AWAITED)
            before = np.where(goes_on, before, method[:, column] == Method.SPECIAL)
            is_special[:, column] = before
        days = np.array([slot.due_on for slot in payments.slots], "datetime64[D]")
        lost_on = people["lost_on"].to_numpy().astype("datetime64[D]")
        is_special &= np.isnat(lost_on)[:, None] | (days < lost_on[:, None])
        shape = method.shape
        return cls(
            is_special=is_special,
            planned=np.where(is_special, people.select(AMOUNTS).to_numpy(), 0),
            is_taken=np.broadcast_to(np.array([today >= day for day in payments.taken_from]), shape),
            is_requested=np.broadcast_to(np.array([today > day for day in payments.requested_after]), shape),
        )

    def stands(self, charged: Yen) -> Flags:
        """The payments whose amount is requested: all of a half year once the first of them cannot be changed any more."""
        first = charged > 0
        halves = [(first & self.is_requested)[:, part].any(axis=1) for part in (slice(0, PROVISIONAL), slice(PROVISIONAL, SIX))]
        return first & np.repeat(np.stack(halves, axis=1), PROVISIONAL, axis=1)

    def kept(self, charged: Yen) -> Yen:
        """What is taken whatever the year's premium is: as requested, or for 仮徴収 as decided."""
        stands = self.stands(charged)
        goes_on = np.where(stands, charged, 0)
        planned = np.where(self.is_requested, charged, self.planned)  # what was not requested in time is not taken
        goes_on[:, :PROVISIONAL] = np.where(stands, charged, planned)[:, :PROVISIONAL]
        return np.where(self.is_taken & (charged > 0), charged, np.where(self.is_special, goes_on, 0))

    def is_free(self, charged: Yen) -> Flags:
        """The final payments in which the rest of the year can still stand."""
        free = self.is_special & ~self.stands(charged) & ~self.is_requested
        free[:, :PROVISIONAL] = False
        return free


def _fill_free(
    target: Yen, special: npt.NDArray[np.int64], ordinary: npt.NDArray[np.int64], ordinary_slots: tuple[Slot, ...], in_time: Flags,
    annual: Yen, is_free: Flags, way: Ways, calendar: Calendar, payments: Payments,
) -> None:  # fmt: skip
    """Let the rest of the year stand in the free payments, and in the ordinary instalments due before the first of them of who begins."""
    rows = np.flatnonzero(is_free.any(axis=1))
    if not len(rows):
        return
    rest = annual[rows] - target[rows].sum(axis=1)
    first = is_free[rows].argmax(axis=1)
    begins = ~way.is_special[rows, first - 1]
    days = np.array([slot.due_on for slot in payments.slots], "datetime64[D]")
    due = np.array([slot.due_on for slot in ordinary_slots], "datetime64[D]")
    is_calendar = np.array([slot.number <= len(calendar.months) for slot in ordinary_slots])
    could = np.broadcast_to(in_time & is_calendar, (len(rows), len(ordinary_slots)))
    plan = divide.on(calendar.fiscal_year.start)(
        amount=np.where(could.any(axis=1), np.maximum(rest, 0), 0), is_open=could, unit=calendar.rounding
    )
    early = np.where(begins[:, None] & (due < days[first][:, None]), plan, 0)
    target[np.ix_(rows, ordinary)] += early
    found = final_payments.on(calendar.fiscal_year.start)(
        annual_amount=annual[rows], before=target[rows].sum(axis=1), is_open=is_free[rows][:, PROVISIONAL:], unit=payments.unit
    )
    target[np.ix_(rows, special[PROVISIONAL:])] += found.payments


def _annual(people: pl.DataFrame, kept: Yen, is_unassessed: Flags, calendar: Calendar) -> Yen:
    """What is charged of the year: the premium, or the payments of a year that is not assessed yet; nothing of who was gone before it."""
    lost_on = people["lost_on"].to_numpy().astype("datetime64[D]")
    is_gone = ~np.isnat(lost_on) & (lost_on <= np.datetime64(calendar.fiscal_year.start))
    return np.where(is_unassessed, np.where(is_gone, 0, kept.sum(axis=1)), people["annual_amount"].to_numpy())


def _all_slots(calendar: Calendar, payments: Payments, held: pl.DataFrame, today: date) -> tuple[Slot, ...]:
    """Special payments and ordinary instalments in the order in which they are due."""
    ordinary = slots_of(calendar, held.filter(pl.col("number") < FIRST_NUMBER), today)
    return tuple(sorted((*ordinary, *payments.slots), key=lambda slot: (slot.due_on, slot.number)))
