"""Names of invented people: written form and katakana, by sex and year of birth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from tests.simulators.municipality.chance import Flags, Numbers, pick, stream

WIDE_SPACE = "　"
FOREIGN_SHARE = 0.007


@dataclass(frozen=True, slots=True)
class NameTable:
    """Parallel lists of written forms and readings; families from abroad begin at `first_foreign`.

    `ranges` says where the given names of a sex and cohort stand (first, count), `foreign_ranges` where those of a sex and family stand.
    """

    family: tuple[str, ...]
    family_kana: tuple[str, ...]
    family_weights: tuple[float, ...]
    first_foreign: int
    given: tuple[str, ...]
    given_kana: tuple[str, ...]
    cohorts: tuple[int, ...]
    ranges: dict[int, tuple[tuple[int, int], ...]]
    foreign_ranges: dict[int, tuple[tuple[int, int], ...]]

    def family_position(self, written: str) -> int:
        return self.family.index(written)


@cache
def name_lists() -> dict[str, Any]:
    """The lists of `names.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text("utf-8"))
    return loaded


@cache
def name_table() -> NameTable:
    """The lists as one table; names from abroad stand behind the Japanese ones."""
    lists = name_lists()
    japanese, foreign = lists["family"], lists["foreign"]
    given: list[tuple[str, str]] = []

    def append(names: dict[str, str]) -> tuple[int, int]:
        given.extend(names.items())
        return len(given) - len(names), len(names)

    ranges = {int(sex): tuple(append(names) for names in cohorts.values()) for sex, cohorts in lists["given"].items()}
    foreign_ranges = {sex: tuple(append(family[str(sex)]) for family in foreign.values()) for sex in ranges}
    return NameTable(
        family=(*japanese, *foreign),
        family_kana=(*(kana for kana, _ in japanese.values()), *(family["kana"] for family in foreign.values())),
        family_weights=tuple(float(weight) for _, weight in japanese.values()),
        first_foreign=len(japanese),
        given=tuple(written for written, _ in given),
        given_kana=tuple(kana.replace(" ", WIDE_SPACE) for _, kana in given),
        cohorts=tuple(lists["given"]["1"]),
        ranges=ranges,
        foreign_ranges=foreign_ranges,
    )


@dataclass(slots=True)
class Names:
    """Positions in the name table, one entry per person."""

    family: Numbers
    given: Numbers
    foreign: Flags

    def columns(self) -> dict[str, pl.Series]:
        """`name` and `name_kana`: family and given name with a wide space between them; a name from abroad has plain spaces."""
        table = name_table()
        family, given = pl.Series(table.family).gather(self.family), pl.Series(table.given).gather(self.given)
        kana = [text.replace(" ", WIDE_SPACE) for text in table.family_kana]
        frame = pl.DataFrame(
            {
                "family": family,
                "given": given,
                "family_kana": pl.Series(kana).gather(self.family),
                "given_kana": pl.Series(table.given_kana).gather(self.given),
                "space": pl.Series([WIDE_SPACE, " "]).gather(self.foreign.astype(np.int64)),
            }
        ).select(
            name=pl.concat_str("family", "space", "given"),
            name_kana=pl.concat_str("family_kana", pl.lit(WIDE_SPACE), "given_kana"),
        )
        return {"name": frame["name"], "name_kana": frame["name_kana"]}


def give_names(
    seed: int,
    municipality_code: str,
    *,
    household: Numbers,
    sex: Numbers,
    birth_year: Numbers,
    other_name: Flags,
    wanted: dict[int, str],
) -> Names:
    """Names for everybody. `wanted` fixes the family name of single households (household → written form in the table)."""
    chance = stream(seed, municipality_code, "names")
    table = name_table()
    households, people = int(household[-1]) + 1, len(household)
    family = pick(chance, table.family_weights, households)
    second = pick(chance, table.family_weights, households)
    start, count = table.first_foreign, len(table.family) - table.first_foreign
    is_foreign = chance.random(households) < FOREIGN_SHARE
    family = np.where(is_foreign, start + (chance.random(households) * count).astype(np.int64), family)
    for position, written in wanted.items():
        family[position] = table.family_position(written)
        is_foreign[position] = family[position] >= start
    foreign = is_foreign[household]
    cohort = np.searchsorted(np.asarray(table.cohorts), birth_year, side="left")
    first, many = np.zeros(people, dtype=np.int64), np.ones(people, dtype=np.int64)
    for one_sex, cohorts in table.ranges.items():
        bounds = np.array(cohorts, dtype=np.int64)
        first = np.where(sex == one_sex, bounds[cohort, 0], first)
        many = np.where(sex == one_sex, bounds[cohort, 1], many)
        bounds = np.array(table.foreign_ranges[one_sex], dtype=np.int64)
        abroad = np.flatnonzero(foreign & (sex == one_sex))
        first[abroad], many[abroad] = bounds[family[household[abroad]] - start].T
    given = first + (chance.random(people) * many).astype(np.int64)
    chosen = np.where(other_name & ~foreign, second[household], family[household])
    return Names(family=chosen, given=given, foreign=foreign)
