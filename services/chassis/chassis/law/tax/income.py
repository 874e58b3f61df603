"""Income from receipts as the tax law makes it: what premiums and copay rates both begin with.

Law: 所得税法 第28条, 第35条; 租税特別措置法; 地方税法 第292条, 第314条の2. The law of the income year counts: the versions here carry the
first day of an income year.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chassis.law.in_force import in_force, rule
from chassis.law.rate import Yen
from chassis.law.tax.tables import IncomeTable

Flags = npt.NDArray[np.bool_]


def pension_income(
    *, receipts: Yen, from_65: IncomeTable, under_65: IncomeTable, is_under_65: Flags, cuts: tuple[tuple[int, int], ...], other_income: Yen
) -> Yen:
    """公的年金等に係る雑所得: income from public pensions, by age on 31 December of the income year.

    Arrays of one entry per person, yen a year; `cuts` are (other income over, less deduction). Law: 所得税法 第35条; 租税特別措置法
    第41条の15の3; a fraction of a yen is dropped.
    """
    income = from_65.income(receipts)
    young = np.flatnonzero(is_under_65 & (receipts > 0))
    if len(young):
        income[young] = under_65.income(receipts[young])
    if cuts:
        rich = np.flatnonzero(other_income > cuts[0][0])
        if len(rich):
            less = np.zeros(len(rich), np.int64)
            for over, amount in cuts:
                less[other_income[rich] > over] = amount
            income[rich] = np.minimum(income[rich] + less, receipts[rich])
    return np.maximum(income, 0, out=income)


def salary_income(*, receipts: Yen, table: IncomeTable) -> Yen:
    """給与所得: income from salary. Yen a year, one entry per person. Law: 所得税法 第28条, 別表第五."""
    income = np.zeros(len(receipts), np.int64)
    paid = np.flatnonzero(receipts)
    if len(paid):
        income[paid] = np.maximum(table.income(receipts[paid]), 0)
    return income


@in_force("2007-01-01", until="2020-01-01", law="所得税法 第28条")
def no_salary_adjustment(*, salary: Yen, pension: Yen, limit: int) -> Yen:
    """Before income year 2020 nothing is taken off for having both incomes."""
    return np.zeros(len(salary), np.int64)


@in_force("2020-01-01", law="租税特別措置法（所得金額調整控除）")
def adjustment_for_both_incomes(*, salary: Yen, pension: Yen, limit: int) -> Yen:
    """所得金額調整控除: for people with salary and pension income, the smaller of each and `limit`, added, less `limit`.

    The other kind of this deduction (salary over 8.5 million with children or severe disability) needs facts that are not among the
    inputs; who has it gives 総所得金額等 itself. Yen a year, one entry per person.
    """
    adjustment = np.zeros(len(salary), np.int64)
    both = np.flatnonzero((salary > 0) & (pension > 0))
    if len(both):
        adjustment[both] = np.maximum(np.minimum(salary[both], limit) + np.minimum(pension[both], limit) - limit, 0)
    return adjustment


salary_adjustment = rule("salary_adjustment", no_salary_adjustment, adjustment_for_both_incomes)


def gross_income(*, pension: Yen, salary: Yen, business: Yen, other: Yen, capital_gains: Yen) -> Yen:
    """合計所得金額: all incomes before special deductions of gains and before losses carried forward, never below zero.

    It decides the step of the basic deduction. `salary` is after 所得金額調整控除. Law: 地方税法 第292条.
    """
    gross: Yen = np.maximum(pension + salary + business + other + capital_gains, 0)
    return gross


def total_income(*, gross: Yen, capital_gains: Yen, special_deduction: Yen, loss_carried_forward: Yen) -> Yen:
    """総所得金額等: gross income less the special deduction of gains and less carried 純損失, never below zero.

    雑損失 carried forward is not taken off (so count 所得割 and 負担割合). Yen a year, one entry per person.
    """
    deducted = np.minimum(special_deduction, np.maximum(capital_gains, 0)) + loss_carried_forward
    total: Yen = np.maximum(gross - deducted, 0)
    return total


def basic_deduction(*, gross_income: Yen, steps: tuple[tuple[int | None, int], ...]) -> Yen:
    """基礎控除額 by 合計所得金額: `steps` are (up to, amount) in rising order, the last without a limit.

    Yen a year, one entry per person. Law: 施行令 第18条; 地方税法 第314条の2第2項 (steps from FY2021).
    """
    deduction = np.full(len(gross_income), steps[0][1], np.int64)
    upper = steps[0][0]
    beyond = np.flatnonzero(gross_income > upper) if upper is not None else np.empty(0, np.int64)
    for limit, amount in steps[1:]:
        if not len(beyond):
            break
        deduction[beyond] = amount
        if limit is not None:
            beyond = beyond[gross_income[beyond] > limit]
    return deduction
