"""Rates as exact fractions, and rounding that names its article. A float never touches an amount."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import overload

import numpy as np
import numpy.typing as npt

Yen = npt.NDArray[np.int64]

_PERCENT = re.compile(r"(\d+)(?:\.(\d+))?%")
_FRACTION = re.compile(r"(\d[\d_]*)/(\d[\d_]*)")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Rate:
    """An exact fraction of two whole numbers, such as 988/10000 (9.88 %) or 7/10 (7割).

    `of` multiplies whole yen by it and drops a fraction of a yen (towards minus infinity).
    """

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if self.denominator <= 0:
            raise ValueError(f"Rate {self.numerator}/{self.denominator}: the denominator must be positive.")

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `9.88%`, `7/10`, `0` or `1`; anything else is a ValueError that shows the text."""
        if match := _PERCENT.fullmatch(text):
            decimals = match[2] or ""
            return cls(int(match[1] + decimals), 100 * 10 ** len(decimals))
        if match := _FRACTION.fullmatch(text):
            return cls(int(match[1].replace("_", "")), int(match[2].replace("_", "")))
        if text in {"0", "1"}:
            return cls(int(text), 1)
        raise ValueError(f"{text!r} is not a rate: write it as 9.88% or 7/10.")

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    @property
    def complement(self) -> Rate:
        """What is left of the whole: 7/10 leaves 3/10."""
        return Rate(self.denominator - self.numerator, self.denominator)

    @overload
    def of(self, amount: int) -> int: ...
    @overload
    def of(self, amount: Yen) -> Yen: ...
    def of(self, amount: int | Yen) -> int | Yen:
        """`amount` x this rate, a fraction of a yen dropped. Exact in int64 for amounts of any size that fit.

        Raises OverflowError where the product of an array does not fit into 64 bits, instead of wrapping around.
        """
        if isinstance(amount, int):
            return amount * self.numerator // self.denominator
        if self.numerator > 1 and amount.size:
            limit = _LARGEST // self.numerator
            if int(amount.max()) > limit or int(amount.min()) < -limit:
                raise OverflowError(f"An amount times {self.numerator} does not fit into 64 bits; the largest possible is {limit} yen.")
        return amount * np.int64(self.numerator) // np.int64(self.denominator)

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def percent(self) -> str:
        """As a percentage without a float: 988/10000 is `9.88%`; falls back to the fraction where it does not end."""
        scaled = self.fraction * 10_000_000_000
        if scaled.denominator != 1:
            return str(self)
        whole, decimals = divmod(scaled.numerator, 100_000_000)
        return f"{whole}.{decimals:08d}".rstrip("0").rstrip(".") + "%"


@overload
def round_down(amount: int, *, to: int, law: str) -> int: ...
@overload
def round_down(amount: Yen, *, to: int, law: str) -> Yen: ...
def round_down(amount: int | Yen, *, to: int, law: str) -> int | Yen:
    """Drop what is below a multiple of `to` yen (切捨て). `law` is the article that orders it; it is not computed with."""
    _require_article(law, to)
    return amount // to * to


@overload
def round_up(amount: int, *, to: int, law: str) -> int: ...
@overload
def round_up(amount: Yen, *, to: int, law: str) -> Yen: ...
def round_up(amount: int | Yen, *, to: int, law: str) -> int | Yen:
    """Raise to the next multiple of `to` yen (切上げ). `law` is the article that orders it; it is not computed with."""
    _require_article(law, to)
    return -(-amount // to) * to


def _require_article(law: str, to: int) -> None:
    if not law or to < 1:
        raise ValueError(f"Rounding to {to} under {law!r}: name the article, and round to one yen or more.")
