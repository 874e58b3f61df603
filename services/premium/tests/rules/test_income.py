"""Tables of the tax law against printed values."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from chassis.law import FiscalYear, day_number
from premium_service.law import premium_parameters
from premium_service.rules import Households, assess


def _income(column: str, year: int, born: date = date(1930, 1, 1), **amounts: int) -> int:
    households = Households.of(
        {
            "household": [1],
            "member": [1],
            "born_on": day_number(born),
            "acquired_on": day_number(date(2008, 4, 1)),
            "is_head": True,
            **amounts,
        }
    )
    return int(assess(households, premium_parameters("13", FiscalYear(year)))[column][0])


@pytest.mark.parametrize(
    ("receipts", "income"),
    [
        # https://www.city.kasugai.lg.jp (給与所得換算表, 令和3年度課税以降)
        (0, 0),
        (550_999, 0),
        (551_000, 1_000),
        (1_618_999, 1_068_999),
        (1_619_000, 1_069_000),
        (1_619_999, 1_069_000),
        (1_620_000, 1_070_000),
        (1_622_000, 1_072_000),
        (1_624_000, 1_074_000),
        (1_627_999, 1_074_000),
        (1_628_000, 1_076_800),
        (1_799_999, 1_177_600),
        (1_800_000, 1_180_000),
        (1_803_999, 1_180_000),
        (3_599_999, 2_437_200),
        (3_600_000, 2_440_000),
        (6_599_999, 4_836_800),
        (6_600_000, 4_840_000),
        (8_499_999, 6_549_999),
        (8_500_000, 6_550_000),
        (10_000_000, 8_050_000),
    ],
)
def test_salary_income_of_income_years_2020_to_2024_is_the_printed_table(receipts: int, income: int) -> None:
    assert _income("salary_income", 2024, salary_receipts=receipts) == income


@pytest.mark.parametrize(
    ("receipts", "income"), [(650_999, 0), (651_000, 1_000), (1_899_999, 1_249_999), (1_900_000, 1_250_000), (9_000_000, 7_050_000)]
)
def test_salary_income_of_income_year_2025_has_a_least_deduction_of_650_000(receipts: int, income: int) -> None:
    assert _income("salary_income", 2026, salary_receipts=receipts) == income


@pytest.mark.parametrize(
    ("year", "receipts", "income"),
    [
        (2008, 1_200_000, 0),
        (2008, 3_299_999, 2_099_999),
        (2008, 3_300_000, 2_100_000),
        (2020, 3_500_000, 2_250_000),
        (2020, 10_000_000, 7_945_000),
        (2026, 1_100_000, 0),
        (2026, 3_500_000, 2_350_000),
        (2026, 3_500_001, 2_350_000),
        (2026, 7_700_000, 5_860_000),
        (2026, 10_000_000, 8_045_000),
        (2026, 15_000_000, 13_045_000),
    ],
)
def test_pension_income_from_65_is_the_printed_table(year: int, receipts: int, income: int) -> None:
    assert _income("pension_income", year, public_pension_receipts=receipts) == income


def test_the_table_for_people_under_65_goes_by_the_last_day_of_the_income_year() -> None:
    for born, income in ((date(1961, 1, 1), 0), (date(1961, 1, 2), 400_000)):
        assert _income("pension_income", 2026, born=born, public_pension_receipts=1_000_000) == income


@pytest.mark.parametrize(("other", "income"), [(10_000_000, 1_900_000), (10_000_001, 2_000_000), (20_000_001, 2_100_000)])
def test_the_pension_deduction_shrinks_with_other_income_from_income_year_2020(other: int, income: int) -> None:
    assert _income("pension_income", 2026, public_pension_receipts=3_000_000, other_income=other) == income
    assert _income("pension_income", 2020, public_pension_receipts=3_000_000, other_income=other) == 1_800_000


def test_the_table_lookup_of_a_column_equals_the_lookup_of_each_row() -> None:
    table = premium_parameters("13", FiscalYear(2017)).salary
    receipts = np.arange(0, 20_000_000, 997, dtype=np.int64)
    singly = [int(table.row_of(int(amount)).income(np.array([amount]))[0]) for amount in receipts]
    assert table.income(receipts).tolist() == singly


def test_income_never_falls_when_receipts_rise() -> None:
    receipts = np.arange(0, 25_000_000, 333, dtype=np.int64)
    for year in range(2008, 2027):
        law = premium_parameters("13", FiscalYear(year))
        for table in (law.salary, law.pension_from_65, law.pension_under_65):
            assert bool((np.diff(np.maximum(table.income(receipts), 0)) >= 0).all()), year
