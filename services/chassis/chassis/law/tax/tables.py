"""Tables of the tax law that turn receipts into income."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chassis.law.loader import rate, whole
from chassis.law.rate import Rate, Yen
from chassis.law.units import Value

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class IncomeRow:
    """Receipts `below` a limit, floored to `step`, times `rate`, less an amount."""

    below: int
    step: int
    rate: Rate
    less: int

    def income(self, receipts: Yen) -> Yen:
        floored = receipts if self.step == 1 else receipts // np.int64(self.step) * np.int64(self.step)
        if self.rate.numerator == self.rate.denominator:
            return floored - np.int64(self.less)
        return self.rate.of(floored) - np.int64(self.less)


@dataclass(frozen=True, slots=True)
class IncomeTable:
    """Rows in rising order of their limit; the last has none."""

    rows: tuple[IncomeRow, ...]

    @classmethod
    def of(cls, table: Sequence[Mapping[str, Value]]) -> IncomeTable:
        """From rows of `below?`, `step?`, `rate`, `less`. ValueError where the limits do not rise or an earlier row has none."""
        rows = tuple(
            IncomeRow(whole(row.get("below", _LARGEST)), whole(row.get("step", 1)), rate(row["rate"]), whole(row["less"])) for row in table
        )
        if any(row.below >= following.below for row, following in pairwise(rows)) or rows[-1].below != _LARGEST:
            raise ValueError("The limits of an income table must rise, and only the last row has none.")
        return cls(rows)

    def row_of(self, receipts: int) -> IncomeRow:
        """The row that these receipts fall into."""
        return next(row for row in self.rows if receipts < row.below)

    def income(self, receipts: Yen) -> Yen:
        """Income before it is raised to zero: it may be negative where receipts are small. A fraction of a yen is dropped.

        Most receipts lie in the first row, so that the others are worked out for the few rows they touch.
        """
        income = self.rows[0].income(receipts)
        beyond = np.flatnonzero(receipts >= self.rows[0].below)
        for row in self.rows[1:]:
            if not len(beyond):
                break
            income[beyond] = row.income(receipts[beyond])
            beyond = beyond[receipts[beyond] >= row.below]
        return income
