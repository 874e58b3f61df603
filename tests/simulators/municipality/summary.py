"""What a register holds, as figures: for the console and for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from tests.simulators.municipality.ages import years_before
from tests.simulators.municipality.incomes import DECLARED, INQUIRING, UNDECLARED
from tests.simulators.municipality.population import Register


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of one municipality. `of_75`: living here and 75 or over on the day; `soon_75`: within the next three months."""

    name: str
    residents: int
    households: int
    of_75: int
    women_of_75: int
    soon_75: int
    died: int
    moved_out: int
    declared: int
    undeclared: int
    inquiring: int
    without_income: int


def summary_of(register: Register, on: date) -> Summary:
    """The figures of one register on a day."""
    residents, incomes = register.residents, register.incomes
    here = residents["status"] == "1"
    turned = here & (residents["born_on"] <= years_before(on, 75))
    soon = here & ~turned & (residents["born_on"] <= pl.Series([years_before(on, 75)]).dt.offset_by("3mo")[0])

    def income(status: int) -> int:
        return int((incomes["status"] == str(status)).sum())

    return Summary(
        name=register.municipality.name,
        residents=residents.height,
        households=int(register.household[-1]) + 1,
        of_75=int(turned.sum()),
        women_of_75=int((turned & (residents["sex"] == "2")).sum()),
        soon_75=int(soon.sum()),
        died=int((residents["status"] == "3").sum()),
        moved_out=int((residents["status"] == "2").sum()),
        declared=income(DECLARED),
        undeclared=income(UNDECLARED),
        inquiring=income(INQUIRING),
        without_income=residents.height - incomes.height,
    )
