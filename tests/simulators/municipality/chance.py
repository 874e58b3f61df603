"""Repeatable chance: every topic draws from its own stream, so that a new topic does not move the others."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Days = NDArray[np.int64]
"""Days since 1970-01-01."""


def stream(seed: int, *topic: str) -> np.random.Generator:
    """The random numbers of one topic of one seed."""
    return np.random.Generator(np.random.PCG64([seed, *(crc32(part.encode()) for part in topic)]))


def pick(chance: np.random.Generator, weights: Sequence[float] | NDArray[np.float64], size: int) -> Numbers:
    """`size` positions, drawn by weight."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.asarray(np.searchsorted(cumulative, chance.random(size) * cumulative[-1], side="right"), dtype=np.int64)


def days_between(chance: np.random.Generator, first: Days, last: Days) -> Days:
    """One day for each pair, both ends included; `last` where it is before `first`."""
    span = np.maximum(last - first, 0)
    return np.asarray(np.minimum(first + (chance.random(len(first)) * (span + 1)).astype(np.int64), last), dtype=np.int64)
