"""Sums over households. The members of one household are contiguous rows; nothing else may add rows together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HouseholdRows:
    """Where each household begins. `starts`: first row of each household; `sizes`: its number of rows; `rows`: rows in all."""

    starts: Integers
    sizes: Integers
    rows: int

    @classmethod
    def of(cls, household: Integers) -> HouseholdRows:
        """From one household id a row. ValueError names a household whose rows are not contiguous."""
        rows = len(household)
        if rows == 0:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64), 0)
        changes = household[1:] != household[:-1]
        starts = np.concatenate((np.zeros(1, np.int64), np.flatnonzero(changes) + 1))
        heads = household[starts]
        if not bool((heads[1:] > heads[:-1]).all()):
            found, counts = np.unique(heads, return_counts=True)
            if bool((counts > 1).any()):
                raise ValueError(f"The rows of household {int(found[counts > 1][0])} are not contiguous: sort the members by household.")
        return cls(starts, np.diff(starts, append=rows), rows)

    def chunks(self, about: int) -> Iterator[tuple[int, int]]:
        """Row ranges of about so many rows that end where a household ends."""
        start = 0
        while start < self.rows:
            following = int(np.searchsorted(self.starts, start + about))
            end = int(self.starts[following]) if following < len(self.starts) else self.rows
            yield start, end
            start = end

    def spread(self, per_household: Integers) -> Integers:
        """One value a household, repeated for each of its rows."""
        if len(self.starts) == self.rows:
            return per_household
        return np.repeat(per_household, self.sizes)


def household_sum(values: Integers, households: HouseholdRows) -> Integers:
    """The household's sum, on each of its rows."""
    if len(households.starts) == households.rows:
        return values.copy()
    return households.spread(np.add.reduceat(values, households.starts))


def household_count(flags: Flags, households: HouseholdRows) -> Integers:
    """How many rows of the household are flagged, on each of its rows."""
    return household_sum(flags.astype(np.int64), households)


def household_any(flags: Flags, households: HouseholdRows) -> Flags:
    """Whether any row of the household is flagged, on each of its rows."""
    if not flags.any():
        return np.zeros(households.rows, np.bool_)
    return household_count(flags, households) > 0
