"""The people of the sample union on a day: the register and the tax records of its municipalities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from tests.simulators.municipality import codes
from tests.simulators.municipality.addresses import address_columns
from tests.simulators.municipality.ages import year_of
from tests.simulators.municipality.chance import Days, Flags, Numbers, stream
from tests.simulators.municipality.households import Households, gather_households
from tests.simulators.municipality.incomes import earn, income_frame
from tests.simulators.municipality.lives import Lives, live
from tests.simulators.municipality.names import give_names
from tests.simulators.municipality.notable import Notable, notable_people, settle
from tests.simulators.municipality.union import MUNICIPALITIES, Municipality, divide

FEWEST, MOST = 50, 5_000_000
NUMBERS = 100_000_000
"""Numbers are spread over this many by an invertible step, so that neighbours do not look alike."""
UNKNOWN_BIRTHDAY_SHARE = 0.0002


@dataclass(frozen=True, slots=True)
class Register:
    """One municipality: `residents` and `incomes` as in its files (dates as dates, money as int64).

    Per resident: `role` and `household` (0, 1, 2 …; members are neighbours), `income_row` (position in `incomes`, -1 without a record).
    """

    municipality: Municipality
    residents: pl.DataFrame
    incomes: pl.DataFrame
    role: Numbers
    household: Numbers
    income_row: Numbers


@dataclass(frozen=True, slots=True)
class Population:
    """The whole union on a day, as one seed makes it."""

    seed: int
    on: date
    registers: tuple[Register, ...]

    @property
    def residents(self) -> pl.DataFrame:
        """The residents of all municipalities, one after the other."""
        return pl.concat([register.residents for register in self.registers])

    @property
    def incomes(self) -> pl.DataFrame:
        """The income records of all municipalities, one after the other."""
        return pl.concat([register.incomes for register in self.registers])


def populate(residents: int, seed: int, on: date) -> Population:
    """The people of the union: exactly so many residents, the same for the same seed and day.

    ValueError: fewer than 50 (no room for the notable people) or more than 5,000,000.
    """
    return Population(seed=seed, on=on, registers=tuple(make() for _, make in registers_to_make(residents, seed, on)))


def registers_to_make(residents: int, seed: int, on: date) -> Iterator[tuple[int, Callable[[], Register]]]:
    """The registers of `populate` one by one, with their number of people, so that a large union need not be in memory at once."""
    if not FEWEST <= residents <= MOST:
        raise ValueError(f"{residents} residents: the simulator makes {FEWEST} to {MOST:,}.")
    notables = notable_people(on)
    for municipality, people in divide(residents).items():

        def make(municipality: Municipality = municipality, people: int = people) -> Register:
            return register_of(seed, municipality, on, people, notables[municipality])

        yield people, make


def municipality_of(code: str) -> Municipality:
    """The municipality with that code; KeyError when it is not in the union."""
    return next(m for m in MUNICIPALITIES if m.code == code)


def resident_numbers(municipality: Municipality, positions: Numbers) -> pl.Series:
    """宛名番号: 15 digits, distinct within the municipality for distinct positions."""
    return _fifteen_digits(((positions + municipality.numbers_from) * 61_803_399 + 14_142_135) % NUMBERS)


def household_numbers(municipality: Municipality, positions: Numbers) -> pl.Series:
    """世帯番号: 15 digits, distinct within the municipality for distinct positions, never equal to a resident number."""
    return _fifteen_digits(2 * NUMBERS + ((positions + municipality.numbers_from) * 57_721_567 + 27_182_817) % NUMBERS)


def _fifteen_digits(numbers: Numbers) -> pl.Series:
    return pl.Series(numbers).cast(pl.String).str.zfill(15)


def days(numbers: Days) -> pl.Series:
    """Days since 1970 as dates."""
    return pl.Series(numbers.astype(np.int32)).cast(pl.Date)


def register_of(seed: int, municipality: Municipality, on: date, people: int, notables: list[Notable]) -> Register:
    """The register of one municipality with exactly so many people, the notable ones among them."""
    households = gather_households(seed, municipality.code, on, people)
    settled = settle(households, notables)
    lives = live(seed, municipality.code, on, households, fates={position: notable.fate for position, notable in settled.items()})
    residents = _resident_frame(seed, municipality, households, lives, settled)
    earned = earn(seed, municipality, on, households, resident_since=lives.resident_since, settled=settled)
    return Register(
        municipality=municipality,
        residents=residents,
        incomes=income_frame(seed, municipality, on, earned, residents),
        role=households.role,
        household=households.household,
        income_row=np.where(earned["has_record"], np.cumsum(earned["has_record"]) - 1, -1),
    )


def _resident_frame(
    seed: int, municipality: Municipality, households: Households, lives: Lives, notables: dict[int, Notable]
) -> pl.DataFrame:
    people, household = households.people, households.household
    names = give_names(
        seed,
        municipality.code,
        household=household,
        sex=households.sex,
        birth_year=year_of(households.born),
        other_name=households.other_name,
        wanted={position: notable.family for position, notable in notables.items() if notable.family},
    ).columns()
    addresses = address_columns(
        seed,
        municipality,
        "addresses",
        len(households.first),
        alone=(np.bincount(household) == 1).astype(np.int64),
        long_building=[position for position, notable in notables.items() if notable.long_building],
    )
    born = days(households.born)
    unknown = stream(seed, municipality.code, "unknown birthdays").random(people) < UNKNOWN_BIRTHDAY_SHARE
    unknown &= year_of(households.born) < 1950
    columns: dict[str, pl.Series] = {
        "municipality_code": pl.repeat(municipality.code, people, dtype=pl.String, eager=True),
        "resident_number": resident_numbers(municipality, np.arange(people)),
        "history_number": pl.Series(lives.history),
        "household_number": household_numbers(municipality, household),
        "relationship": _code(lives.relationship, 2),
        "status": _code(lives.status, 1),
        "change_reason": _code(lives.reason, 2),
        "changed_on": days(lives.changed_on),
        "notified_on": _where(lives.reason < codes.ENTERED_BY_OFFICE, days(lives.notified_on)),
        **names,
        "sex": _code(households.sex, 1),
        "born_on": born,
        "born_on_unknown_text": _where(unknown, pl.select(_about(born)).to_series()),
        **{name: values.gather(household) for name, values in addresses.items()},
        "resident_since": days(lives.resident_since),
        "ended_on": _where(lives.status != codes.RESIDENT, days(lives.changed_on)),
    }
    return pl.DataFrame(columns)


def _where(condition: Flags, values: pl.Series) -> pl.Series:
    """The values where the condition holds, else null."""
    return pl.select(pl.when(pl.Series(condition)).then(values)).to_series()


def _code(numbers: Numbers, digits: int) -> pl.Series:
    table = pl.Series([str(n).zfill(digits) for n in range(100)])
    return table.gather(numbers)


def _about(born: pl.Series) -> pl.Expr:
    """生年月日_不詳表記: the year of the era and 「頃」."""
    year = pl.lit(born).dt.year()
    return (
        pl.when(year >= 1926)
        .then(pl.concat_str(pl.lit("昭和"), (year - 1925).cast(pl.String), pl.lit("年頃")))
        .otherwise(pl.concat_str(pl.lit("大正"), (year - 1911).cast(pl.String), pl.lit("年頃")))
    )
