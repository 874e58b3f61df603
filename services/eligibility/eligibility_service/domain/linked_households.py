"""Households that movers have linked, and parts of a run that judge every month of everybody at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Household = tuple[str, str]
"""Municipality code and 世帯番号."""
Numbers = npt.NDArray[np.int64]


def linked(lived: Iterable[Sequence[Household]]) -> dict[Household, int]:
    """A number for each set of households that people have moved between; `lived`: for each mover, the households lived in."""
    root: dict[Household, Household] = {}

    def find(household: Household) -> Household:
        root.setdefault(household, household)
        while root[household] != household:
            root[household] = root[root[household]]
            household = root[household]
        return household

    for first, *others in lived:
        for other in others:
            root[find(other)] = find(first)
    numbers = {top: number for number, top in enumerate(sorted({find(household) for household in root}), start=1)}
    return {household: numbers[find(household)] for household in root}


def cuts(first: Numbers, last: Numbers, size: int) -> Numbers:
    """The last number of each part, of `size` numbers or as few more as leave nobody on both sides of a cut.

    `first`, `last`: the numbers between which each person stands; numbers begin with 1.
    """
    if not len(first):
        return np.zeros(0, np.int64)
    highest = int(last.max())
    begun, ended = (np.bincount(numbers, minlength=highest + 1) for numbers in (first, last))
    allowed = np.flatnonzero(np.cumsum(begun) == np.cumsum(ended))
    found = [0]
    while found[-1] < highest:
        found.append(int(allowed[np.searchsorted(allowed, min(found[-1] + size, highest))]))
    return np.array(found[1:], np.int64)
