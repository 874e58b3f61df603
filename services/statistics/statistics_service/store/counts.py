"""Counting the insured of a day by municipality, sex and age band."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from asyncpg import Connection

from statistics_service.rules.age_bands import YOUNGEST_FIRST, band_of, latest_birthdays


@dataclass(frozen=True, slots=True)
class Count:
    """How many insured there are of one municipality, sex (0 unknown, 1 man, 2 woman) and age band."""

    municipality_code: str
    sex: str
    age_band: str
    count: int


# width_bucket counts a birthday that equals a bound as above it: the bounds are moved by a day.
_COUNT = """
SELECT municipality_code, sex, width_bucket(born_on, $2::date[]) AS place, count(*) AS count
FROM insured WHERE acquired_on <= $1 AND (lost_on IS NULL OR lost_on > $1)
GROUP BY 1, 2, 3
"""


async def insured_on(raw: Connection[Any], on: date) -> list[Count]:
    """The insured of a day as known now, ordered by municipality, sex and age; who is lost on the day is not among them."""
    rows = await raw.fetch(_COUNT, on, bounds(on))
    found = [Count(row["municipality_code"], row["sex"], band_of(row["place"]), row["count"]) for row in rows]
    return sorted(found, key=lambda count: (count.municipality_code, count.sex, YOUNGEST_FIRST.index(count.age_band)))


def bounds(on: date) -> list[date]:
    """The first birthday that is too late for each band, oldest band first."""
    return [date.fromordinal(day.toordinal() + 1) for day in latest_birthdays(on)]
