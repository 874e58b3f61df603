"""Incomes of one calendar year: pensions, salaries, businesses, gains; most old people have little, some have a lot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from tests.simulators.municipality.ages import MEN, day_number, first_day_of
from tests.simulators.municipality.chance import Flags, Numbers, days_between, pick, stream
from tests.simulators.municipality.households import ELDER, SPOUSE, YEAR, Households
from tests.simulators.municipality.notable import INQUIRING as INQUIRING_PERSON
from tests.simulators.municipality.notable import NO_RECORD, RICH, Notable
from tests.simulators.municipality.notable import UNDECLARED as UNDECLARED_PERSON
from tests.simulators.municipality.union import Municipality

DECLARED, UNDECLARED, INQUIRING = 1, 2, 3
YOUNGEST_WITH_RECORD = 16
AMOUNTS = (
    "public_pension_receipts", "salary_receipts", "business_income", "other_income", "capital_gains", "capital_gains_special_deduction",
    "family_employee_deduction", "family_employee_salary_received", "loss_carried_forward",
)  # fmt: skip
# Receipts of the old in a year: share, least and most yen, and how they lean (under 1: to the upper end). The survivor's pension is not
# taxed and so not in here.
PENSIONS = {
    1: ((0.03, 0, 0, 1.0), (0.17, 90_000, 830_000, 0.4), (0.30, 830_000, 1_800_000, 0.9), (0.42, 1_800_000, 2_800_000, 1.3),
        (0.08, 2_800_000, 4_200_000, 2.5)),
    2: ((0.05, 0, 0, 1.0), (0.47, 90_000, 830_000, 0.4), (0.34, 830_000, 1_600_000, 1.3), (0.12, 1_600_000, 2_600_000, 1.6),
        (0.02, 2_600_000, 3_800_000, 2.0)),
}  # fmt: skip
HOME_SALE_DEDUCTION = 30_000_000
YOUNG = ("dependants_under_16", "dependants_16_to_18")
TAXED, NOT_TAXED = 1, 2
UNTAXED_TO = 450_000
"""合計所得金額 to which nobody who lives alone is taxed in a large town; limits that rise with dependants are left out here."""


def income_year_on(on: date) -> int:
    """The latest calendar year whose incomes a municipality has fixed on a day: last year's from June on."""
    return on.year - 1 if on.month >= 6 else on.year - 2


def earn(
    seed: int, municipality: Municipality, on: date, households: Households, *, resident_since: Numbers, settled: dict[int, Notable]
) -> dict[str, Numbers | Flags]:
    """Income columns for every person (int64 yen), `status`, `has_record`, `total_income` and `taxable_income` (-1: not given).

    The elders of `settled` households get the income that their notable person must have, by default a declared one.
    """
    chance = stream(seed, municipality.code, "incomes")
    year, people = income_year_on(on), households.people
    age = ((int(first_day_of(np.array([year + 1]))[0]) - households.born) / YEAR).astype(np.int64)
    is_old = age >= 75

    pension = _pensions(chance, households.sex, age)
    salary = _salaries(chance, age)
    rich = chance.random(people) < np.where(is_old, 0.008, 0.004) * municipality.wealth
    executive = rich & (chance.random(people) < 0.4)
    salary = np.where(executive, _lognormal(chance, people, 14_000_000, 0.6), salary)
    in_business = chance.random(people) < np.select([is_old, age >= 30], [0.055, 0.04], 0.0)
    business = np.where(in_business, _lognormal(chance, people, 900_000, 1.1), 0)
    business = np.where(in_business & (chance.random(people) < 0.05), -business // 2, business)  # a year of loss
    landlord = chance.random(people) < np.where(is_old, 0.06, 0.015)
    other = np.where(landlord, _lognormal(chance, people, 700_000, 1.0), 0)
    other = np.where(landlord & (chance.random(people) < 0.03), -other // 3, other)
    other = np.where(rich & ~executive, _lognormal(chance, people, 12_000_000, 0.7), other)
    sells = chance.random(people) < np.where(age >= 60, 0.008, 0.0015)
    gains = np.where(sells, _lognormal(chance, people, 6_000_000, 1.2), 0)
    from_home = sells & (chance.random(people) < 0.35)
    special = np.where(from_home, np.minimum(gains, HOME_SALE_DEDUCTION), 0)
    loss = np.where(chance.random(people) < 0.003, _lognormal(chance, people, 800_000, 0.9), 0)
    deducted, received = _family_business(chance, households, business)
    salary = salary + received  # 給与収入 contains 専従者給与; the column of its own says how much of it

    status = _statuses(chance, on, people, resident_since)
    has_record = (age >= YOUNGEST_WITH_RECORD) & (chance.random(people) >= 0.002)
    for position, notable in settled.items():
        elder = households.first[position]
        status[elder] = {UNDECLARED_PERSON: UNDECLARED, INQUIRING_PERSON: INQUIRING}.get(notable.income or "", DECLARED)
        has_record[elder] = notable.income != NO_RECORD
        if notable.income == RICH:
            other[elder] = 24_000_000
    known = status == DECLARED
    amounts = (pension, salary, business, other, gains, special, deducted, received, loss)
    columns: dict[str, Numbers] = dict(zip(AMOUNTS, amounts, strict=True))
    totals = _totals(chance, columns, age, known)
    told = _told_for_copay_rates(stream(seed, municipality.code, "tax"), columns, households, age, known, totals["taxable_income"])
    return {**columns, "status": status, "has_record": has_record, **totals, **told}


def income_frame(
    seed: int, municipality: Municipality, on: date, columns: dict[str, Numbers | Flags], residents: pl.DataFrame
) -> pl.DataFrame:
    """The rows of the incomes file: one per person with a record, in the order of the residents."""
    chance = stream(seed, municipality.code, "income records")
    year, size = income_year_on(on), residents.height
    today = day_number(on)
    fixed = days_between(
        chance, np.full(size, day_number(date(year + 1, 6, 1))), np.full(size, min(day_number(date(year + 1, 6, 12)), today))
    )
    known = pl.lit(pl.Series(columns["status"] == DECLARED))  # what is not known stays empty: it is not zero
    history = np.where(chance.random(size) < 0.97, 1, 2)
    frame = pl.DataFrame(
        {
            "municipality_code": residents["municipality_code"],
            "resident_number": residents["resident_number"],
            "history_number": history,
            "income_year": np.full(size, year),
            "status": pl.Series(columns["status"]).cast(pl.String),
            **{name: pl.select(pl.when(known).then(pl.lit(pl.Series(columns[name])))).to_series() for name in AMOUNTS},
            "total_income": pl.Series(columns["total_income"]).replace({-1: None}),
            "taxable_income": pl.Series(columns["taxable_income"]).replace({-1: None}),
            **{name: pl.Series(columns[name]).replace({-1: None}) for name in ("gross_income", *YOUNG)},
            "resident_tax_status": pl.Series(columns["resident_tax_status"]).replace({-1: None}).cast(pl.String),
            "receives_welfare_pension": pl.Series(np.zeros(size, np.int64)),
            "determined_on": pl.Series(np.minimum(fixed, today).astype(np.int32)).cast(pl.Date),
        }
    )
    return frame.filter(pl.Series(columns["has_record"]))


def _lognormal(chance: np.random.Generator, size: int, median: int, spread: float) -> Numbers:
    return np.minimum(np.exp(chance.normal(np.log(median), spread, size)), 900_000_000).astype(np.int64)


def _pensions(chance: np.random.Generator, sex: Numbers, age: Numbers) -> Numbers:
    receipts = np.zeros(len(sex), dtype=np.int64)
    for one_sex, kinds in PENSIONS.items():
        kind = pick(chance, [share for share, *_ in kinds], len(sex))
        _, least, most, lean = (np.array(column)[kind] for column in zip(*kinds, strict=True))
        drawn = least + ((most - least) * chance.random(len(sex)) ** lean).astype(np.int64)
        receipts = np.where(np.where(sex == MEN, 1, 2) == one_sex, drawn, receipts)
    return np.where(age >= 65, receipts, 0)


def _salaries(chance: np.random.Generator, age: Numbers) -> Numbers:
    share = np.select([age >= 80, age >= 75, age >= 65, age >= 60, age >= 23], [0.03, 0.09, 0.32, 0.70, 0.80], 0.0)
    middle = np.select([age >= 75, age >= 65, age >= 60, age >= 35], [1_100_000, 1_700_000, 3_000_000, 4_300_000], 3_000_000)
    drawn = (middle * np.exp(chance.normal(0, 0.5, len(age)))).astype(np.int64)
    return np.where(chance.random(len(age)) < share, drawn, 0)


def _family_business(chance: np.random.Generator, households: Households, business: Numbers) -> tuple[Numbers, Numbers]:
    """専従者: in some couples with a business one pays the other; deducted there, received here, the same amount."""
    people = households.people
    elder_pays = (households.role == ELDER) & (business >= 500_000) & (chance.random(people) < 0.3)
    wage = 240_000 + (chance.random(people) * 15).astype(np.int64) * 60_000
    spouse = np.flatnonzero(households.role == SPOUSE)
    payer = households.first[households.household[spouse]]
    paid = np.where(elder_pays[payer], wage[payer], 0)
    deducted, received = np.zeros(people, dtype=np.int64), np.zeros(people, dtype=np.int64)
    deducted[payer], received[spouse] = paid, paid
    return deducted, received


def _statuses(chance: np.random.Generator, on: date, people: int, resident_since: Numbers) -> Numbers:
    """未申告 for three people in two hundred; 照会中 mostly for those whose tax is with the municipality they came from."""
    first_of_year = day_number(date(on.year, 1, 1))
    draw = chance.random(people)
    asks = (draw < 0.0035) | ((resident_since >= first_of_year) & (draw < 0.35))
    return np.where(asks, INQUIRING, np.where(draw > 0.985, UNDECLARED, DECLARED))


def _totals(chance: np.random.Generator, columns: dict[str, Numbers], age: Numbers, known: Flags) -> dict[str, Numbers]:
    """総所得金額等 and 課税所得 for some of those whose incomes need no further rule (pensions below 3.3 million, rents).

    The deduction of 1.1 million for pensions is that of 所得税法 第35条 (65 and over, to 3.3 million, other income under 10 million).
    """
    pension, business, other = columns["public_pension_receipts"], columns["business_income"], columns["other_income"]
    simple = known & (age >= 65) & (pension < 3_300_000) & (business >= 0) & (other >= 0) & (business + other < 10_000_000)
    for name in AMOUNTS[1:]:
        if name not in ("business_income", "other_income"):
            simple = simple & (columns[name] == 0)
    given = simple & (chance.random(len(age)) < 0.04)
    total = np.maximum(pension - 1_100_000, 0) + business + other
    deductions = 430_000 + (chance.random(len(age)) * 30).astype(np.int64) * 10_000
    taxable = np.maximum(total - deductions, 0) // 1_000 * 1_000
    return {"total_income": np.where(given, total, -1), "taxable_income": np.where(given, taxable, -1)}


def _told_for_copay_rates(
    chance: np.random.Generator, columns: dict[str, Numbers], households: Households, age: Numbers, known: Flags, stated_taxable: Numbers
) -> dict[str, Numbers]:
    """What a tax office tells beside receipts: 合計所得金額, 課税所得, 課税区分, and for 調整控除 the young members of a head's household.

    -1 is not given. Whoever has not declared has no tax status either.
    """
    gross = gross_of(columns)
    deductions = 430_000 + (chance.random(len(age)) * 60).astype(np.int64) * 10_000
    left = np.maximum(gross - columns["capital_gains_special_deduction"] - columns["loss_carried_forward"] - deductions, 0)
    taxable = np.where(stated_taxable >= 0, stated_taxable, left // 1_000 * 1_000)
    taxed = (gross > UNTAXED_TO) | (taxable > 0)
    in_household = np.bincount(households.household[age < 16], minlength=int(households.household.max()) + 1)
    older = np.bincount(households.household[(age >= 16) & (age < 19)], minlength=len(in_household))
    young = (np.where(households.head, counts[households.household], 0) for counts in (in_household, older))
    return {
        "gross_income": np.where(known, gross, -1),
        "taxable_income": np.where(known, taxable, -1),
        "resident_tax_status": np.where(known, np.where(taxed, TAXED, NOT_TAXED), -1),
        **{name: np.where(known, count, -1) for name, count in zip(YOUNG, young, strict=True)},
    }


def gross_of(amounts: Mapping[str, Any]) -> Any:
    """合計所得金額, roughly as the tax law has it: 110万円 off pensions, three tenths and 8万円 off salaries, 55万円 at least."""
    salary = amounts["salary_receipts"]
    earned = np.maximum(salary - np.maximum(salary * 3 // 10 + 80_000, 550_000), 0)
    pension = np.maximum(amounts["public_pension_receipts"] - 1_100_000, 0)
    return np.maximum(pension + earned + amounts["business_income"] + amounts["other_income"] + amounts["capital_gains"], 0)
