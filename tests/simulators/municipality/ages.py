"""Dates of birth with the shape of Japan's old age: births of each year times survival.

Births are rounded numbers of the vital statistics (thousands; 1944 to 1946 have none and are estimates); survival follows the shape of
the published life tables, as points that are interpolated. Good enough to look right (the dip of 1945/46, the wave of 1947 to 1949,
three women for two men), not meant as data.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from tests.simulators.municipality.chance import Days, Numbers, pick

BIRTHS = {
    1910: 1713, 1915: 1799, 1920: 2025, 1925: 2086, 1930: 2085, 1935: 2191, 1938: 1928, 1939: 1902, 1940: 2116, 1941: 2277, 1943: 2254,
    1944: 2150, 1945: 1700, 1946: 1580, 1947: 2679, 1948: 2682, 1949: 2697, 1950: 2338, 1951: 2138, 1952: 2005, 1954: 1770, 1957: 1567,
    1960: 1606, 1965: 1824,
}  # fmt: skip
SURVIVAL_AGES = (60, 70, 75, 80, 85, 90, 95, 100, 105, 110)
SURVIVAL = {
    1: (0.93, 0.84, 0.76, 0.64, 0.47, 0.26, 0.095, 0.018, 0.0014, 0.00005),
    2: (0.965, 0.92, 0.88, 0.81, 0.71, 0.51, 0.26, 0.077, 0.0105, 0.0005),
}
YOUNGEST, OLDEST = 74, 105
MEN, WOMEN = 1, 2


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def years_before(day: date, years: int) -> date:
    """The same calendar day some years earlier; 29 February becomes 28 February where the year has none."""
    if (day.month, day.day) == (2, 29) and not _is_leap(day.year - years):
        return date(day.year - years, 2, 28)
    return day.replace(year=day.year - years)


def survival(sex: int, ages: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of a birth year still alive at an age."""
    return np.exp(np.interp(ages, SURVIVAL_AGES, np.log(SURVIVAL[sex])))


def weights_by_birth_year(sex: int, on: date, *, partner_alive: bool = False) -> tuple[Numbers, NDArray[np.float64]]:
    """Birth years of the people of 74 to 105 on a day and how many there are; with `partner_alive`, only those not widowed."""
    years = np.arange(on.year - OLDEST, on.year - YOUNGEST + 1)
    ages = np.asarray(on.year - years - 0.5, dtype=np.float64)
    weights = np.interp(years, list(BIRTHS), list(BIRTHS.values())) * survival(sex, ages)
    weights[-1] *= (on - date(on.year, 1, 1)).days / 365  # of the last year only those whose 74th birthday has come
    if partner_alive:
        weights *= survival(WOMEN, np.asarray(ages - 3.0)) if sex == MEN else survival(MEN, np.asarray(ages + 3.0))
    return years.astype(np.int64), weights


def births_of_the_old(
    chance: np.random.Generator, on: date, size: int, *, women: float, men: float, couple: bool = False
) -> tuple[Numbers, Days]:
    """Sex and day of birth of `size` people of 74 and over; `women` and `men` are how often one of them lives in this kind of household."""
    years, of_men = weights_by_birth_year(MEN, on, partner_alive=couple)
    _, of_women = weights_by_birth_year(WOMEN, on, partner_alive=couple)
    position = pick(chance, np.concatenate([of_men * men, of_women * women]), size)
    sex = np.where(position < len(years), MEN, WOMEN)
    year = years[position % len(years)]
    starts = first_day_of(year)
    ends = np.minimum(first_day_of(year + 1) - 1, day_number(years_before(on, YOUNGEST)))
    ends = np.maximum(ends, starts)
    return sex.astype(np.int64), starts + (chance.random(size) * (ends - starts + 1)).astype(np.int64)


def first_day_of(years: Numbers) -> Days:
    """1 January of each year, as days since 1970."""
    return (years - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)


def year_of(days: Days) -> Numbers:
    """The calendar year of each day."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def reached(born: Days, age: int, on: date) -> NDArray[np.bool_]:
    """Who has had the birthday of that age by the end of the day (born on 29 February: on 1 March of a common year)."""
    return born <= day_number(years_before(on, age))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
