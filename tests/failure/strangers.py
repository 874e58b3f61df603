"""People whom the union does not know yet: real households of the simulator under numbers that nobody has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import polars as pl

from tests.failure.union import DAY, FailureUnion
from tests.simulators.municipality.books import Row, readable
from tests.simulators.municipality.files import KINDS, WrittenFile, write_one
from tests.simulators.municipality.population import Population, populate

_SEED: Final = 4_711
_PEOPLE: Final = 600
_call = count(1)


@dataclass(frozen=True)
class Village:
    """Some strangers of one municipality. `residents` and `incomes`: rows of the files, households complete."""

    municipality_code: str
    prefix: str
    """What their resident numbers, and nobody else's, begin with."""
    residents: pl.DataFrame
    incomes: pl.DataFrame

    @property
    def people(self) -> int:
        return self.residents.height

    def frame(self, kind: str) -> pl.DataFrame:
        return self.residents if kind == "residents" else self.incomes

    def changes(self) -> list[Row]:
        """The same records as single changes, each person's first."""
        people = [{"kind": "resident", **readable(row), "history_number": 1} for row in self.residents.iter_rows(named=True)]
        return people + [{"kind": "income", **readable(row), "history_number": 1} for row in self.incomes.iter_rows(named=True)]


class Strangers:
    """Makes villages; two calls never make the same person."""

    def __init__(self, union: FailureUnion) -> None:
        self._union = union
        self._population: Population = populate(_PEOPLE, _SEED, DAY)

    def village(self, municipality_code: str, *, households: int = 4, twin_of: Village | None = None) -> Village:
        """Some households. `twin_of`: people who have everything but their numbers in common with those of another village."""
        prefix = f"7{next(_call):06}"
        if twin_of is not None:
            return _renumbered(twin_of, prefix)
        register = next(found for found in self._population.registers if found.municipality.code == municipality_code)
        residents = register.residents.with_columns(household=pl.Series(register.household))
        chosen = residents.filter(pl.col("status") == "1")["household"].unique(maintain_order=True).head(households)
        residents = residents.filter(pl.col("household").is_in(chosen.implode())).drop("household")
        incomes = register.incomes.join(residents.select("resident_number"), on="resident_number", maintain_order="left", how="semi")
        return _renumbered(Village(municipality_code, "", residents, incomes), prefix)

    def write(self, village: Village, folder: Path, generations: Mapping[str, int]) -> list[WrittenFile]:
        """The files of a village, each of the generation that is its kind's turn."""
        return [
            write_one(village.frame(kind), kind, village.municipality_code, DAY, folder, encoding="UTF-8", generation=generations[kind])
            for kind in KINDS
        ]


def _renumbered(village: Village, prefix: str) -> Village:
    numbers = village.residents["resident_number"].to_list()
    new = {number: f"{prefix}{place:08}" for place, number in enumerate(numbers, 1)}
    houses = dict.fromkeys(village.residents["household_number"].to_list())
    new_houses = {number: f"{prefix}{9_000_000 + place:08}" for place, number in enumerate(houses, 1)}

    def renumber(frame: pl.DataFrame) -> pl.DataFrame:
        numbered = frame.with_columns(pl.col("resident_number").replace_strict(new, return_dtype=pl.String))
        if "household_number" in frame.columns:
            numbered = numbered.with_columns(pl.col("household_number").replace_strict(new_houses, return_dtype=pl.String))
        return numbered

    return Village(village.municipality_code, prefix, renumber(village.residents), renumber(village.incomes))


def next_record(before: Row, **columns: Any) -> Row:
    """The next record of a person."""
    return {**before, **columns, "history_number": before["history_number"] + 1}


def of_person(rows: Sequence[Row], resident_number: str, kind: str) -> Row:
    """The record of a person among changes."""
    return next(row for row in rows if (row["resident_number"], row["kind"]) == (resident_number, kind))
