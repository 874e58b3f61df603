"""People that every sample has, however small: birthdays on the edges of the law, names that are hard to keep, incomes not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tests.simulators.municipality import codes
from tests.simulators.municipality.ages import OLDEST, day_number, years_before
from tests.simulators.municipality.households import CHILD, SHAPES, Households
from tests.simulators.municipality.union import CHIYODA, HACHIOJI, OKUTAMA, Municipality

UNDECLARED, INQUIRING, RICH, NO_RECORD = "undeclared", "inquiring", "rich", "no record"


@dataclass(frozen=True, slots=True)
class Notable:
    """The elder of one household: day of birth, family name (as in names.yaml), a very long address, what has happened, which income.

    None leaves it to chance; without a `fate` nothing has happened to anybody of the house in the last year.
    """

    born: date | None = None
    family: str | None = None
    long_building: bool = False
    fate: int = codes.RESIDENT
    income: str | None = None


def notable_people(on: date) -> dict[Municipality, list[Notable]]:
    """Who must be there, by municipality, for a business date; the more important ones first."""
    turned_75_today = years_before(on, 75)
    one = timedelta(days=1)
    april = on.year - 75 if on.month >= 4 else on.year - 76
    leap_year = (on.year - 76) // 4 * 4
    return {
        CHIYODA: [
            Notable(turned_75_today, family="髙橋", long_building=True),
            Notable(date(leap_year, 2, 29), family="葛\U000e0100西", income=RICH),
            Notable(date(april, 4, 1), family="渡邉"),
        ],
        HACHIOJI: [
            Notable(turned_75_today + one, family="山﨑"),
            Notable(turned_75_today - one, family="勅使河原"),
            Notable(date(april, 3, 31), income=UNDECLARED),
            Notable(date(april, 4, 1), family="佐々木"),
            Notable(date(april, 4, 2), family="KIM", income=INQUIRING),
            Notable(date(1945, 1, 1), family="DELA CRUZ", income=NO_RECORD),
            Notable(date(1945, 1, 2), family="𠮷田"),
            Notable(fate=codes.DEAD),
            Notable(fate=codes.GONE),
            Notable(turned_75_today + timedelta(days=80)),
            Notable(years_before(on, OLDEST) - timedelta(days=40)),
        ],
        OKUTAMA: [
            Notable(turned_75_today, family="原島"),
            Notable(date(leap_year - 4, 2, 29), family="榊\U000e0100原"),
        ],
    }


def settle(households: Households, notables: list[Notable]) -> dict[int, Notable]:
    """Give each notable person a household: its elder gets the day of birth, all others of the house move by the same number of days.

    Returns household → notable person; those without descendants are taken first, so that ages stay plausible.
    """
    has_descendants = np.array([CHILD in shape.members for shape in SHAPES])[households.shape]
    order = np.argsort(has_descendants, kind="stable")
    settled = {int(position): notable for position, notable in zip(order, notables, strict=False)}
    for position, notable in settled.items():
        if notable.born is not None:
            members = np.flatnonzero(households.household == position)
            households.born[members] += day_number(notable.born) - households.born[households.first[position]]
    return settled
