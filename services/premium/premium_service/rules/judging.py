"""軽減判定: the household's income and earners, as the test of the flat reduction counts them.

It is not the income of the income part: the deduction for pensions of the old, and the refusal of 専従者 and special deductions of
gains, exist only here (高齢者の医療の確保に関する法律施行令 第18条).
"""

from __future__ import annotations

import numpy as np
from chassis.law import Yen, in_force, rule

from premium_service.rules.columns import Flags, JudgingIncome


def judging_pension(*, pension: Yen, senior_deduction: int, is_under_65: Flags) -> Yen:
    """判定用の年金所得: pension income of people of 65 and over less `senior_deduction` (高齢者特別控除), not below zero."""
    deducted: Yen = np.maximum(pension - senior_deduction, 0)
    if is_under_65.any():
        deducted = np.where(is_under_65, pension, deducted)
    return deducted


def judging_salary_receipts(*, receipts: Yen, received_as_family_employee: Yen, is_not_received: bool) -> Yen:
    """判定用の給与収入: salary receipts without what was received as a family employee (専従者給与)."""
    if not is_not_received or not received_as_family_employee.any():
        return receipts
    own: Yen = np.maximum(receipts - received_as_family_employee, 0)
    return own


def judging_income(
    *, pension: Yen, salary: Yen, business: Yen, family_employee_deduction: Yen, other: Yen, capital_gains: Yen, loss: Yen
) -> JudgingIncome:
    """軽減判定所得 of one member: yen a year, one entry per member, never below zero.

    `pension` and `salary` are those of this test; business income is taken before 専従者控除, gains before their special deduction;
    carried losses are taken off.
    """
    return JudgingIncome(np.maximum(pension + salary + business + family_employee_deduction + other + capital_gains - loss, 0))


def judged_by_stated_income(*, judged: JudgingIncome, has_receipts: Flags, stated: Yen, is_stated: Flags) -> JudgingIncome:
    """Where only 総所得金額等 is known and no receipt of any kind, that income is judged: a known income never becomes zero."""
    alone = is_stated & ~has_receipts
    if not alone.any():
        return judged
    return JudgingIncome(np.where(alone, stated, judged))


@in_force("2008-04-01", until="2021-04-01", law="高齢者の医療の確保に関する法律施行令 第18条")
def no_earners(
    *,
    salary_receipts: Yen,
    pension_receipts: Yen,
    is_under_65: Flags,
    salary_limit: int | None,
    pension_from_65: int | None,
    pension_under_65: int | None,
) -> Flags:
    """Before FY2021 the number of earners does not matter."""
    return np.zeros(len(salary_receipts), np.bool_)


@in_force("2021-04-01", law="高齢者の医療の確保に関する法律施行令 第18条（給与所得者等の数）")
def earners(
    *,
    salary_receipts: Yen,
    pension_receipts: Yen,
    is_under_65: Flags,
    salary_limit: int | None,
    pension_from_65: int | None,
    pension_under_65: int | None,
) -> Flags:
    """給与所得者等: who has salary or public pension receipts over the limits. 専従者給与 is not among `salary_receipts`."""
    if salary_limit is None or pension_from_65 is None or pension_under_65 is None:
        raise ValueError("The limits of 給与所得者等 are not among the parameters of this year.")
    found = (pension_receipts > pension_from_65) | (salary_receipts > salary_limit)
    if is_under_65.any():
        found |= is_under_65 & (pension_receipts > pension_under_65)
    return found


earner = rule("earner", no_earners, earners)
