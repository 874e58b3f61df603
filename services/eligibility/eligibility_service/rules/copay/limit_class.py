"""限度額区分: the class by which the monthly limit of copayments goes. Law: 高齢者の医療の確保に関する法律施行令 第15条."""

from __future__ import annotations

import numpy as np
from chassis.law import Yen, in_force, rule

from eligibility_service.rules.copay.columns import Codes, Flags, LimitClass
from eligibility_service.rules.copay.parameters import WorkingClasses


def _low(*, untaxed: Flags, without_income: Flags, receives_welfare_pension: Flags, otherwise: Codes) -> Codes:
    """老齢福祉年金, 低所得Ⅰ, 低所得Ⅱ where nobody in the household is taxed; else `otherwise`."""
    low = np.where(without_income, np.int16(LimitClass.LOW_1), np.int16(LimitClass.LOW_2))
    low = np.where(receives_welfare_pension, np.int16(LimitClass.WELFARE_PENSION), low)
    return np.where(untaxed, low, otherwise)


@in_force("2008-04-01", until="2018-08-01", law="高齢者の医療の確保に関する法律施行令 第15条")
def one_working_class(
    *,
    percent: Codes,
    highest_taxable: Yen,
    untaxed: Flags,
    without_income: Flags,
    receives_welfare_pension: Flags,
    law: WorkingClasses | None,
) -> Codes:
    """現役並み, 一般, 低所得Ⅱ, 低所得Ⅰ."""
    general = np.full(len(percent), LimitClass.GENERAL, np.int16)
    low = _low(untaxed=untaxed, without_income=without_income, receives_welfare_pension=receives_welfare_pension, otherwise=general)
    return np.where(percent == 30, np.int16(LimitClass.WORKING), low)


@in_force("2018-08-01", until="2022-10-01", law="高齢者の医療の確保に関する法律施行令 第15条(現役並みⅢ・Ⅱ・Ⅰ)")
def three_working_classes(
    *,
    percent: Codes,
    highest_taxable: Yen,
    untaxed: Flags,
    without_income: Flags,
    receives_welfare_pension: Flags,
    law: WorkingClasses | None,
) -> Codes:
    """現役並みⅢ・Ⅱ・Ⅰ by the highest taxable income of the insured people in the household."""
    general = np.full(len(percent), LimitClass.GENERAL, np.int16)
    low = _low(untaxed=untaxed, without_income=without_income, receives_welfare_pension=receives_welfare_pension, otherwise=general)
    return np.where(percent == 30, _working(highest_taxable, law), low)


@in_force("2022-10-01", law="高齢者の医療の確保に関する法律施行令 第15条(一般Ⅱ・一般Ⅰ)")
def two_general_classes(
    *,
    percent: Codes,
    highest_taxable: Yen,
    untaxed: Flags,
    without_income: Flags,
    receives_welfare_pension: Flags,
    law: WorkingClasses | None,
) -> Codes:
    """一般Ⅱ for those who pay two tenths, 一般Ⅰ for those who pay one and live with somebody who is taxed."""
    general = np.full(len(percent), LimitClass.GENERAL_1, np.int16)
    low = _low(untaxed=untaxed, without_income=without_income, receives_welfare_pension=receives_welfare_pension, otherwise=general)
    below_three = np.where(percent == 20, np.int16(LimitClass.GENERAL_2), low)
    return np.where(percent == 30, _working(highest_taxable, law), below_three)


limit_class = rule("copay_limit_class", one_working_class, three_working_classes, two_general_classes)


def _working(highest_taxable: Yen, law: WorkingClasses | None) -> Codes:
    assert law is not None
    lower = np.where(highest_taxable >= law.class_2, np.int16(LimitClass.WORKING_2), np.int16(LimitClass.WORKING_1))
    return np.where(highest_taxable >= law.class_3, np.int16(LimitClass.WORKING_3), lower)
