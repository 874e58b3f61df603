"""変更の理由: why an amount differs from the one decided before, cause by cause and yen by yen.

The causes are put in one after the other, in a fixed order, and everything is assessed again after each: what the amount moves by is the
yen of that cause. So the yen of all causes are exactly the whole difference; where two causes work together, the later one carries
what they do together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from premium_service.rules.assessment import assess
from premium_service.rules.columns import MEMBER_DTYPE, PENDING, Households
from premium_service.rules.parameters import Parameters

Members = npt.NDArray[np.void]
"""Rows with at least the columns of MEMBER_DTYPE: one household on one judging day."""

LAW, HOUSEHOLD, INCOME, QUALIFICATION, FORMER_DEPENDANT, RATE_AREA = (
    "law", "household", "income", "qualification", "former_dependant", "rate_area",
)  # fmt: skip
CAUSES: dict[str, tuple[str, ...]] = {
    HOUSEHOLD: ("household", "judged_on", "is_head", "is_insured", "is_assessed"),
    QUALIFICATION: ("born_on", "acquired_on", "lost_on", "by_disability"),
    FORMER_DEPENDANT: ("former_dependant_since",),
    RATE_AREA: ("rate_area",),
    INCOME: (),
}
"""Kinds of causes in the order in which they are put in, with their columns; every other column of a member is of its income."""
_NAMED = {"member", *(column for columns in CAUSES.values() for column in columns)}
INCOME_COLUMNS = tuple(name for name in MEMBER_DTYPE.names or () if name not in _NAMED)
_UNSHOWN = {"household", "is_assessed"}
"""Numbers within a run, and whom else a run assesses: they differ between two runs and mean nothing to the person."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A column of a member of the household before and after; the column `member` itself where somebody came (None before) or went."""

    member: int
    column: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of the difference; `yen`: what the amount of the year moves by. Without changes for the law."""

    kind: str
    changes: tuple[Changed, ...]
    yen: int


def causes(before: Members, after: Members, *, member: int, law: Parameters, decided: int) -> list[Cause]:
    """Why the amount of `member` went from `decided` yen (on the rows `before`) to what `law` makes of the rows `after`.

    The law that was used for `decided` need not be at hand: what it moved by is what the old rows give under `law` less `decided`.
    Their sum is the whole difference. A cause that moves nothing is kept: it says why the decision was looked at again.
    """
    amount = _amount(before, member, law)
    found = [Cause(LAW, (), amount - decided)] if amount != decided else []
    for kind, changed, rows in _substitutions(before, after):
        moved = _amount(rows, member, law)
        if changed or moved != amount:
            found.append(Cause(kind, changed, moved - amount))
        amount = moved
    return found


def _substitutions(before: Members, after: Members) -> Iterator[tuple[str, tuple[Changed, ...], Members]]:
    """(kind, what changed, the rows with everything so far) for each cause; the last rows are `after`."""
    old = {int(row["member"]): row for row in before}
    new = {int(row["member"]): row for row in after}
    stayed = [number for number in new if number in old]
    structure = [change for number in stayed for change in _changes(old[number], new[number], CAUSES[HOUSEHOLD])]
    moved = [Changed(number, "member", number, None) for number in old.keys() - new.keys()]
    moved += [Changed(number, "member", None, number) for number in new.keys() - old.keys()]
    rows = after.copy()
    for place, number in enumerate(new):
        for name in MEMBER_DTYPE.names or () if number in old else ():
            if name not in CAUSES[HOUSEHOLD]:
                rows[name][place] = old[number][name]
    yield HOUSEHOLD, (*sorted(moved, key=lambda change: change.member), *structure), rows.copy()
    for kind, named in list(CAUSES.items())[1:]:
        columns = named or INCOME_COLUMNS
        for number in stayed:
            changed = _changes(old[number], new[number], columns)
            for name in columns:
                rows[name][list(new).index(number)] = new[number][name]
            if changed:
                yield kind, changed, rows.copy()


def _changes(old: Any, new: Any, columns: tuple[str, ...]) -> tuple[Changed, ...]:
    differing = [name for name in columns if name not in _UNSHOWN and int(old[name]) != int(new[name])]
    return tuple(Changed(int(new["member"]), name, int(old[name]), int(new[name])) for name in differing)


def _amount(rows: Members, member: int, law: Parameters) -> int:
    """The amount of a member in yen a year; 0 where the member is not among those assessed."""
    result = assess(Households.from_records(rows), law)
    mine = (rows["member"] == member) & rows["is_assessed"] & (result["outcome"] < PENDING)
    return int(result["annual_amount"][mine].sum())
