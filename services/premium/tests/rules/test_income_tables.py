"""公的年金等控除 and 給与所得控除 of every income year since 2007, against the second derivation, yen by yen around every limit."""

from __future__ import annotations

import numpy as np
import pytest
from chassis.law import FiscalYear, tax
from premium_service.law import premium_parameters

from services.premium.tests.rules import oracle_premium
from services.premium.tests.rules.second_derivation import YEARS


def _receipts(table: tax.IncomeTable) -> list[int]:
    limits = [row.below for row in table.rows[:-1]]
    near = {limit + off for limit in limits for off in (*range(-5, 6), -4000, -3999, 3999, 4000)}
    return sorted({amount for amount in near if amount >= 0} | {3_333 * number for number in range(1, 7_500)})


@pytest.mark.parametrize("year", YEARS)
def test_salary_income_is_that_of_the_second_derivation(year: int) -> None:
    table = premium_parameters("13", FiscalYear(year)).salary
    receipts = _receipts(table)
    found = tax.salary_income(receipts=np.array(receipts, np.int64), table=table).tolist()
    assert found == [oracle_premium.salary_income(amount, year - 1) for amount in receipts]


@pytest.mark.parametrize("beside", [0, 10_000_001, 20_000_001])
@pytest.mark.parametrize("young", [False, True])
@pytest.mark.parametrize("year", [2008, 2020, 2021, 2027])
def test_pension_income_is_that_of_the_second_derivation(year: int, young: bool, beside: int) -> None:
    law = premium_parameters("13", FiscalYear(year))
    receipts = _receipts(law.pension_under_65 if young else law.pension_from_65)
    found = tax.pension_income(
        receipts=np.array(receipts, np.int64),
        from_65=law.pension_from_65,
        under_65=law.pension_under_65,
        is_under_65=np.full(len(receipts), young),
        cuts=law.pension_deduction_cuts,
        other_income=np.full(len(receipts), beside, np.int64),
    ).tolist()
    assert found == [oracle_premium.pension_income(amount, year - 1, young, beside) for amount in receipts]
