"""Two samples: a village of 50 people, and a town that is large enough for shares."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.simulators.municipality.files import WrittenFile, write_population
from tests.simulators.municipality.population import Population, populate

ON = date(2026, 7, 13)


@pytest.fixture(scope="session")
def village() -> Population:
    return populate(50, 1, ON)


@pytest.fixture(scope="session")
def town() -> Population:
    return populate(60_000, 1, ON)


@pytest.fixture(scope="session")
def insured(town: Population) -> pl.DataFrame:
    """Everybody of the town who lives there and is 75 or over, with the income record."""
    people = town.residents.filter((pl.col("status") == "1") & (pl.col("born_on") <= date(1951, 7, 13)))
    return people.join(town.incomes, on=["municipality_code", "resident_number"], how="left", suffix="_of_income")


@pytest.fixture
def files(village: Population, tmp_path: Path) -> list[WrittenFile]:
    """The files of the village, fresh for each test."""
    return write_population(village, tmp_path)
