"""所得割額: the part of the premium in proportion to income, and what is taken off it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from chassis.law import Rate, Yen, in_force, round_down, rule

from premium_service.rules.columns import Codes, Flags
from premium_service.rules.parameters import PartRates

MILLION = 1_000_000
ARTICLE = "高齢者の医療の確保に関する法律施行令 第18条、後期高齢者医療に関する条例（所得割額）"


@in_force("2008-04-01", until="2024-04-01", law="高齢者の医療の確保に関する法律施行令 第18条")
def one_rate(*, levy_base: Yen, rates: PartRates, small_base: int | None) -> Flags:
    """One income rate for everybody."""
    return np.zeros(len(levy_base), np.bool_)


@in_force("2024-04-01", until="2025-04-01", law="高齢者の医療の確保に関する法律施行令 附則（令和6年度の特例）")
def lower_rate_for_small_base(*, levy_base: Yen, rates: PartRates, small_base: int | None) -> Flags:
    """激変緩和: in FY2024 a levy base up to `small_base` takes the union's lower rate. The flags say whose."""
    if small_base is None:
        raise ValueError("The limit of the FY2024 lower rate is not among the parameters.")
    return (levy_base > 0) & (levy_base <= small_base)


@in_force("2025-04-01", law="高齢者の医療の確保に関する法律施行令 第18条")
def one_rate_again(*, levy_base: Yen, rates: PartRates, small_base: int | None) -> Flags:
    """From FY2025 one rate again."""
    return one_rate(levy_base=levy_base, rates=rates, small_base=small_base)


takes_lower_rate = rule("takes_lower_rate", one_rate, lower_rate_for_small_base, one_rate_again)


def full_income_levy(*, levy_base: Yen, rates: PartRates, area: Codes, lower: Flags, unit: int) -> tuple[Yen, npt.NDArray[np.int32]]:
    """所得割額 before any reduction, in yen a year, and the rate of each person in millionths.

    A fraction of a yen is dropped, then what is below `unit` yen (a union's setting). Law: 施行令 第18条; the ordinance.
    """
    rate = rates.income_rate[0]
    levy = rate.of(levy_base)
    used = np.full(len(levy_base), millionths(rate), np.int32)
    for number, area_rate in enumerate(rates.income_rate[1:], start=1):
        rows = np.flatnonzero(area == number)
        levy[rows] = area_rate.of(levy_base[rows])
        used[rows] = millionths(area_rate)
    if rates.low_income_rate is not None and lower.any():
        rows = np.flatnonzero(lower)
        levy[rows] = rates.low_income_rate.of(levy_base[rows])
        used[rows] = millionths(rates.low_income_rate)
    return (levy if unit == 1 else round_down(levy, to=unit, law=ARTICLE)), used


def income_levy_cut(*, levy: Yen, levy_base: Yen, reductions: tuple[tuple[int, Rate], ...], unit: int) -> Yen:
    """所得割額の軽減額: what national special measures and the union itself take off, in yen a year.

    `reductions` are (levy base up to, share), limits rising. What is left is floored to `unit` yen, so the cut is rounded up.
    """
    cut = np.zeros(len(levy), np.int64)
    if not reductions:
        return cut
    rows = np.flatnonzero((levy_base > 0) & (levy_base <= reductions[-1][0]))
    if len(rows):
        base, full = levy_base[rows], levy[rows]
        left = full.copy()
        for limit, share in reversed(reductions):
            within = base <= limit
            left[within] = share.complement.of(full[within])
        cut[rows] = full - (left if unit == 1 else round_down(left, to=unit, law=ARTICLE))
    return cut


def millionths(rate: Rate) -> int:
    """A rate as a whole number of millionths, for storing; ValueError where it is finer than that."""
    scaled = rate.fraction * MILLION
    if scaled.denominator != 1:
        raise ValueError(f"The rate {rate} is finer than a millionth.")
    return scaled.numerator
