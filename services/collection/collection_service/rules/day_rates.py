"""日割: what a yearly rate makes of the days between two days, where each day takes the rate of its own calendar year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import lcm

import numpy as np
import numpy.typing as npt
from chassis.law import NEVER, DayNumbers, Rate, day_number

Weights = npt.NDArray[np.int64]
"""Days × numerator of the rate, over `YearlyRate.denominator`: whole numbers, so that nothing is lost before the one rounding."""


@dataclass(frozen=True, slots=True)
class YearlyRate:
    """年率: the rate of a year from each of `starts` (day numbers, ascending) on, as `numerators` over one `denominator`."""

    starts: tuple[int, ...]
    numerators: tuple[int, ...]
    denominator: int

    @classmethod
    def of(cls, history: Sequence[tuple[date, Rate]]) -> YearlyRate:
        """From a history of rates, sorted by the day from which each holds."""
        denominator = lcm(*(rate.denominator for _, rate in history))
        numerators = tuple(rate.numerator * (denominator // rate.denominator) for _, rate in history)
        return cls(tuple(day_number(start) for start, _ in history), numerators, denominator)

    def weights(self, first: DayNumbers, last: DayNumbers) -> Weights:
        """The rate added up over the days `first` to `last`, both counted (none where `last` is earlier).

        ValueError where a day lies before the first rate: there is no law to count it by.
        """
        begin, end = first.astype(np.int64), last.astype(np.int64)
        if bool(((begin < self.starts[0]) & (begin <= end)).any()):
            raise ValueError("A day lies before the first yearly rate that is known.")
        found = np.zeros(len(begin), np.int64)
        for (start, following), numerator in zip(pairwise((*self.starts, NEVER)), self.numerators, strict=True):
            found += np.maximum(np.minimum(end, following - 1) - np.maximum(begin, start) + 1, 0) * numerator
        return found
