"""Addresses: real towns and postal codes, invented numbers and houses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from tests.simulators.municipality.chance import Numbers, stream
from tests.simulators.municipality.names import name_lists
from tests.simulators.municipality.postal import inhabited_areas
from tests.simulators.municipality.union import Municipality

BLOCKS = ("一丁目", "二丁目", "三丁目")
WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
LARGEST_LOT = 2_999


def wide(number: int) -> str:
    """A number in full-width digits, as 番地号表記 is written."""
    return str(number).translate(WIDE_DIGITS)


@dataclass(frozen=True, slots=True)
class Towns:
    """Every town of a municipality, each 丁目 on its own line."""

    postal_code: tuple[str, ...]
    prefecture: str
    municipality: str
    town: tuple[str, ...]
    has_blocks: tuple[bool, ...]


@cache
def towns_of(municipality: Municipality) -> Towns:
    """The towns in which people live; where a town is numbered by 丁目 the first three are used."""
    areas = inhabited_areas(municipality)
    lines = [(area, area.town + block) for area in areas for block in (BLOCKS if area.has_blocks else ("",))]
    return Towns(
        postal_code=tuple(area.postal_code for area, _ in lines),
        prefecture=areas[0].prefecture,
        municipality=areas[0].municipality,
        town=tuple(town for _, town in lines),
        has_blocks=tuple(area.has_blocks for area, _ in lines),
    )


def buildings() -> list[str]:
    """Names of houses; the first is none, the last ones are homes for the old, the very last is as long as names get."""
    lists = name_lists()["buildings"]
    flats = [first + second for first in lists["first"] for second in lists["second"]]
    return ["", *flats, *lists["homes"], lists["long"]]


def address_columns(
    seed: int, municipality: Municipality, topic: str, households: int, *, alone: Numbers, long_building: list[int]
) -> dict[str, pl.Series]:
    """The address columns, one entry per household. `alone` is 1 for people that live alone: some of them live in a home for the old."""
    chance = stream(seed, municipality.code, topic)
    towns, houses = towns_of(municipality), buildings()
    popularity = stream(0, municipality.code, "towns").gamma(2.0, 1.0, len(towns.town))
    cumulative = np.cumsum(popularity)
    town = np.searchsorted(cumulative, chance.random(households) * cumulative[-1])
    by_block = np.array(towns.has_blocks)[town]
    lot = 1 + (chance.random(households) ** 2 * np.where(by_block, 40, LARGEST_LOT)).astype(np.int64)
    branch = 1 + (chance.random(households) ** 2 * 25).astype(np.int64)
    homes, flats = len(name_lists()["buildings"]["homes"]), len(houses) - 2 - len(name_lists()["buildings"]["homes"])
    draw = chance.random(households)
    house = np.where(draw < municipality.flats, 1 + (chance.random(households) * flats).astype(np.int64), 0)
    house = np.where((alone == 1) & (draw > 0.95), 1 + flats + (chance.random(households) * homes).astype(np.int64), house)
    house[long_building] = len(houses) - 1
    room = 101 + 100 * (chance.random(households) * 9).astype(np.int64) + (chance.random(households) * 8).astype(np.int64)
    numbers = pl.Series([wide(n) for n in range(LARGEST_LOT + 2)])
    frame = pl.DataFrame(
        {
            "lot": numbers.gather(lot),
            "branch": numbers.gather(branch),
            "room": numbers.gather(room),
            "by_block": by_block,
            "plain": chance.random(households) < 0.4,
            "house": pl.Series(houses).gather(house),
        }
    ).select(
        number=pl.when("by_block")
        .then(pl.concat_str("lot", pl.lit("番"), "branch", pl.lit("号")))
        .when("plain")
        .then(pl.concat_str("lot", pl.lit("番地")))
        .otherwise(pl.concat_str("lot", pl.lit("番地の"), "branch")),
        building=pl.when(pl.col("house") != "").then(pl.concat_str("house", pl.lit("　"), "room", pl.lit("号"))),
    )
    return {
        "postal_code": pl.Series(towns.postal_code).gather(town),
        "address_prefecture": pl.repeat(towns.prefecture, households, dtype=pl.String, eager=True),
        "address_municipality": pl.repeat(towns.municipality, households, dtype=pl.String, eager=True),
        "address_town": pl.Series(towns.town).gather(town),
        "address_number": frame["number"],
        "address_building": frame["building"],
    }
