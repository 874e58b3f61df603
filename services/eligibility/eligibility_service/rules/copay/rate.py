"""負担割合: the tests of the flow, each a concept of the decree with its dates.

Arrays of one entry per person; household values stand on each row of the household. Law: 高齢者の医療の確保に関する法律 第67条第1項;
施行令 第7条.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from chassis.law import NEVER, DayNumbers, Yen, day_number, in_force, rule

from eligibility_service.rules.copay.columns import Codes, Exemption, Flags, Reason
from eligibility_service.rules.copay.parameters import DependantAdjustment, LaterBorn, ReceiptsLimits, TwoTenths


@in_force("2008-04-01", until="2012-08-01", law="高齢者の医療の確保に関する法律施行令 第7条")
def no_adjustment(*, was_head: Flags, under_16: Codes, from_16_to_18: Codes, law: DependantAdjustment | None) -> Yen:
    """Before 2012-08-01 nothing is taken off the taxable income for young members of the household."""
    return np.zeros(len(was_head), np.int64)


@in_force("2012-08-01", law="高齢者の医療の確保に関する法律施行令 第7条(調整控除)")
def adjustment_for_the_young(*, was_head: Flags, under_16: Codes, from_16_to_18: Codes, law: DependantAdjustment | None) -> Yen:
    """調整控除: for whoever was head on 31 December, so much for each member under 16 and of 16 to 18 with a small income.

    The municipality counts the members. Yen, one entry per person.
    """
    assert law is not None
    adjustment = np.zeros(len(was_head), np.int64)
    rows = np.flatnonzero(was_head & ((under_16 > 0) | (from_16_to_18 > 0)))
    if len(rows):
        adjustment[rows] = under_16[rows].astype(np.int64) * law.under_16 + from_16_to_18[rows].astype(np.int64) * law.from_16_to_18
    return adjustment


dependant_adjustment = rule("copay_dependant_adjustment", no_adjustment, adjustment_for_the_young)


@in_force("2008-04-01", until="2015-01-01", law="高齢者の医療の確保に関する法律施行令 第7条")
def nobody_is_later_born(*, born_on: DayNumbers, is_insured: Flags, law: LaterBorn | None) -> Flags:
    """Before 2015-01-01 the day of birth exempts nobody."""
    return np.zeros(len(born_on), np.bool_)


@in_force("2015-01-01", law="高齢者の医療の確保に関する法律施行令 第7条(昭和20年1月2日以後生まれ)")
def insured_and_later_born(*, born_on: DayNumbers, is_insured: Flags, law: LaterBorn | None) -> Flags:
    """昭和20年1月2日以後に生まれた被保険者: one of them in the household opens the test of 210万円."""
    assert law is not None
    later: Flags = is_insured & (born_on >= day_number(law.born_from))
    return later


later_born = rule("copay_later_born", nobody_is_later_born, insured_and_later_born)


@in_force("2008-04-01", until="2009-01-01", law="高齢者の医療の確保に関する法律施行令 第7条(基準収入額)")
def receipts_exempt(
    *, insured: Codes, receipts: Yen, receipts_with_seventies: Yen, has_seventies: Flags, limits: ReceiptsLimits, with_seventies: int | None
) -> Codes:
    """基準収入額: the receipts of one insured person, or of all together, below a limit. Exemption codes."""
    small = receipts < np.where(insured > 1, limits.together, limits.alone)
    kind = np.where(insured > 1, np.int16(Exemption.RECEIPTS_TOGETHER), np.int16(Exemption.RECEIPTS_ALONE))
    return np.where(small, kind, np.int16(Exemption.NONE))


@in_force("2009-01-01", law="高齢者の医療の確保に関する法律施行令 第7条(基準収入額、70歳から74歳までの世帯員)")
def receipts_exempt_with_seventies(
    *, insured: Codes, receipts: Yen, receipts_with_seventies: Yen, has_seventies: Flags, limits: ReceiptsLimits, with_seventies: int | None
) -> Codes:
    """From 2009 a lone insured person's receipts may also be counted together with those of the members of 70 to 74."""
    assert with_seventies is not None
    exempt = receipts_exempt(
        insured=insured,
        receipts=receipts,
        receipts_with_seventies=receipts_with_seventies,
        has_seventies=has_seventies,
        limits=limits,
        with_seventies=None,
    )
    together = (insured == 1) & has_seventies & (receipts_with_seventies < with_seventies) & (exempt == Exemption.NONE)
    return np.where(together, np.int16(Exemption.RECEIPTS_WITH_SEVENTIES), exempt)


receipts_exemption = rule("copay_receipts_exemption", receipts_exempt, receipts_exempt_with_seventies)


class Rates(NamedTuple):
    """Percent and reason of each row."""

    percent: Codes
    reason: Codes


@in_force("2008-04-01", until="2022-10-01", law="高齢者の医療の確保に関する法律 第67条第1項(1割・3割)")
def one_or_three_tenths(
    *, is_working: Flags, exemption: Codes, highest_taxable: Yen, income: Yen, insured: Codes, two: TwoTenths | None
) -> Rates:
    """3割 for a working income that nothing exempts, else 1割."""
    three = is_working & (exemption == Exemption.NONE)
    reason = np.where(is_working, np.int16(Reason.EXEMPT), np.int16(Reason.TAXABLE_BELOW_WORKING))
    return Rates(np.where(three, np.int16(30), np.int16(10)), np.where(three, np.int16(Reason.WORKING_INCOME), reason))


@in_force("2022-10-01", law="高齢者の医療の確保に関する法律 第67条第1項(1割・2割・3割)")
def one_two_or_three_tenths(
    *, is_working: Flags, exemption: Codes, highest_taxable: Yen, income: Yen, insured: Codes, two: TwoTenths | None
) -> Rates:
    """2割 between: a taxable income of 28万円 and pension receipts with other income of 200万円 (alone) or 320万円 (together)."""
    assert two is not None
    three = is_working & (exemption == Exemption.NONE)
    taxable_enough = highest_taxable >= two.taxable
    income_enough = income >= np.where(insured > 1, two.together, two.alone)
    below = np.where(taxable_enough, np.int16(Reason.INCOME_BELOW_TWO_TENTHS), np.int16(Reason.TAXABLE_BELOW_TWO_TENTHS))
    two_tenths = taxable_enough & income_enough
    percent = np.where(three, np.int16(30), np.where(two_tenths, np.int16(20), np.int16(10)))
    reason = np.where(three, np.int16(Reason.WORKING_INCOME), np.where(two_tenths, np.int16(Reason.TWO_TENTHS), below))
    return Rates(percent, reason)


rate = rule("copay_rate", one_or_three_tenths, one_two_or_three_tenths)


def is_in_seventies(*, born_on: DayNumbers, is_insured: Flags, first_born: int, last_born: int) -> Flags:
    """70歳から74歳までの世帯員 (not insured here): born between the days, both included."""
    found: Flags = ~is_insured & (born_on >= first_born) & (born_on <= last_born) & (born_on != NEVER)
    return found
