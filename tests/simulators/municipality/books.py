"""The books of one municipal office while changes come in: the current record of everybody, by resident."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl

from tests.simulators.municipality import codes
from tests.simulators.municipality.chance import Numbers
from tests.simulators.municipality.households import ELDER
from tests.simulators.municipality.population import (
    NUMBERS,
    Register,
    register_of,
    resident_numbers,
)
from tests.simulators.municipality.union import Municipality

Row = dict[str, Any]
"""A record as in the files: text, whole numbers, None; days as text YYYY-MM-DD."""
NEWCOMERS = 256
HEAD = "02"


def readable(row: Row) -> Row:
    """A row of a data frame with its days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is not in the books yet: a record, an income record if there is one, and the place in the household."""

    record: Row
    income: Row | None
    role: int


@dataclass(slots=True)
class Books:
    """The books of one office. Residents and households are positions; those of the register come first, newcomers behind."""

    register: Register
    seed: int
    on: date
    records: dict[int, Row] = field(default_factory=dict)
    incomes: dict[int, Row] = field(default_factory=dict)
    roles: dict[int, int] = field(default_factory=dict)
    households: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    new_people: int = 0
    new_households: int = 0
    newcomers: Iterator[list[Newcomer]] = field(init=False)
    first: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.newcomers = _newcomers(self.seed, self.municipality, self.on)
        self.first = np.searchsorted(self.register.household, np.arange(int(self.register.household[-1]) + 2))

    @property
    def municipality(self) -> Municipality:
        return self.register.municipality

    @property
    def people(self) -> int:
        """How many residents the books know, living here or not."""
        return self.register.residents.height + self.new_people

    def record(self, resident: int) -> Row:
        """The current record of a resident; do not change it."""
        if resident not in self.records:
            self.records[resident] = readable(self.register.residents.row(resident, named=True))
        return self.records[resident]

    def lives_here(self, resident: int) -> bool:
        """Whether the resident is still on the register."""
        return bool(self.record(resident)["status"] == str(codes.RESIDENT))

    def role(self, resident: int) -> int:
        return self.roles[resident] if resident in self.roles else int(self.register.role[resident])

    def household(self, resident: int) -> int:
        """The position of the resident's household."""
        return self.households[resident] if resident in self.households else int(self.register.household[resident])

    def living(self, household: int) -> list[int]:
        """The members of a household who live here, in the order of the books."""
        if household not in self.members:
            self.members[household] = list(range(int(self.first[household]), int(self.first[household + 1])))
        return [resident for resident in self.members[household] if self.lives_here(resident)]

    def income(self, resident: int) -> Row | None:
        """The current income record, None without one."""
        if resident not in self.incomes:
            position = int(self.register.income_row[resident]) if resident < self.register.residents.height else -1
            if position < 0:
                return None
            self.incomes[resident] = readable(self.register.incomes.row(position, named=True))
        return self.incomes[resident]

    def change(self, resident: int, **columns: Any) -> Row:
        """Write the next record of a resident; returns it as a change."""
        before = self.record(resident)
        self.records[resident] = {**before, **columns, "history_number": before["history_number"] + 1}
        return {"kind": "resident", **self.records[resident]}

    def determine(self, resident: int, **columns: Any) -> Row:
        """Write the next income record of a resident who has one; returns it as a change."""
        before = self.income(resident)
        if before is None:
            raise LookupError(f"Resident {resident} of {self.municipality.code} has no income record to correct.")
        self.incomes[resident] = {**before, **columns, "history_number": before["history_number"] + 1}
        return {"kind": "income", **self.incomes[resident]}

    def open_household(self) -> tuple[int, str]:
        """A new household: its position and its number."""
        self.new_households += 1
        position = len(self.first) - 2 + self.new_households
        self.members[position] = []
        return position, str(3 * NUMBERS + self.new_households * 7_919).zfill(15)

    def move_to(self, resident: int, household: int) -> None:
        """Put a resident of the books into another household, alone in the first place."""
        self.living(self.household(resident))
        self.members[self.household(resident)].remove(resident)
        self.members[household].append(resident)
        self.households[resident], self.roles[resident] = household, ELDER

    def enter(self, newcomer: Newcomer, household: int, household_number: str, **columns: Any) -> tuple[int, Row]:
        """Write the first record of somebody new; returns the position and the change."""
        resident = self.people
        self.new_people += 1
        number = resident_numbers(self.municipality, np.array([resident]))[0]
        own = {"resident_number": number, "household_number": household_number, "history_number": 1}
        self.records[resident] = {**newcomer.record, **columns, **own}
        self.roles[resident], self.households[resident] = newcomer.role, household
        self.members[household].append(resident)
        return resident, {"kind": "resident", **self.records[resident]}

    def enter_income(self, resident: int, record: Row) -> Row:
        """Write the first income record of a resident; returns it as a change."""
        own = {"resident_number": self.record(resident)["resident_number"], "history_number": 1}
        self.incomes[resident] = {**record, **own}
        return {"kind": "income", **self.incomes[resident]}


def _newcomers(seed: int, municipality: Municipality, on: date) -> Iterator[list[Newcomer]]:
    """Endless households of people who live together, made like the register but from other seeds."""
    for batch in count():
        register = register_of(crc32(f"newcomers {seed} {batch}".encode()), municipality, on, NEWCOMERS, [])
        frame = register.residents.with_columns(household=pl.Series(register.household))
        for household in frame.partition_by("household", maintain_order=True, include_key=False):
            if (household["status"] != str(codes.RESIDENT)).any():
                continue
            yield [_newcomer(register, household, row) for row in range(household.height)]


def _newcomer(register: Register, household: pl.DataFrame, row: int) -> Newcomer:
    record = household.row(row, named=True)
    position = register.residents["resident_number"].index_of(record["resident_number"])
    if position is None:
        raise LookupError(f"{record['resident_number']} is not in the register it was taken from.")
    income = int(register.income_row[position])
    return Newcomer(
        record=readable(record),
        income=readable(register.incomes.row(income, named=True)) if income >= 0 else None,
        role=int(register.role[position]),
    )
