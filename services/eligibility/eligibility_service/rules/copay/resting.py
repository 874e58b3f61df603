"""Which parameters of the law each result rests on: what an explanation cites, and what makes a decision provisional (暫定)."""

from __future__ import annotations

from typing import Final

import numpy as np
from chassis.law import HouseholdRows, household_any

from eligibility_service.rules.copay.columns import Exemption, Flags, LimitClass, Outcome, Reason
from eligibility_service.rules.copay.incomes import is_under_65
from eligibility_service.rules.copay.judging import Judgements

RATE: Final = {
    Reason.WORKING_INCOME: ("working_taxable_income",),
    Reason.TAXABLE_BELOW_WORKING: ("working_taxable_income",),
    Reason.EXEMPT: ("working_taxable_income",),
    Reason.TWO_TENTHS: ("working_taxable_income", "two_tenths"),
    Reason.TAXABLE_BELOW_TWO_TENTHS: ("working_taxable_income", "two_tenths"),
    Reason.INCOME_BELOW_TWO_TENTHS: ("working_taxable_income", "two_tenths"),
}
EXEMPTION: Final = {
    Exemption.BORN_LATER_AND_SMALL_INCOME: ("later_born",),
    Exemption.RECEIPTS_ALONE: ("receipts_limits",),
    Exemption.RECEIPTS_TOGETHER: ("receipts_limits",),
    Exemption.RECEIPTS_WITH_SEVENTIES: ("receipts_limit_with_seventies",),
}
CLASS: Final = {
    LimitClass.WORKING_3: ("working_classes",),
    LimitClass.WORKING_2: ("working_classes",),
    LimitClass.WORKING_1: ("working_classes",),
    LimitClass.LOW_2: ("low_1_pension_deduction",),
    LimitClass.LOW_1: ("low_1_pension_deduction",),
}
ADJUSTMENT: Final = ("dependant_adjustment", "adjustment_counts_for_two_tenths")


def resting_on(judged: Judgements) -> dict[str, Flags]:
    """Parameter → the decided rows that rest on it."""
    members, reason, exemption, limited = judged.members, judged["reason"], judged["exemption"], judged["limit_class"]
    households = HouseholdRows.of(members.household)
    found: dict[str, Flags] = {}

    def note(rows: Flags, *names: str) -> None:
        for name in names:
            found[name] = found[name] | rows if name in found else rows

    for codes, table in ((reason, RATE), (exemption, EXEMPTION), (limited, CLASS)):
        for code, names in table.items():
            note(codes == code, *names)
    working = (reason == Reason.WORKING_INCOME) | (reason == Reason.EXEMPT)
    note(working & judged["has_later_born"], "later_born")
    # Receipts were compared, or missing, unless the birth exempted already; with an application nobody asks the records.
    by_receipts = working & (exemption != Exemption.BORN_LATER_AND_SMALL_INCOME)
    note(by_receipts, "receipts_limits")
    applied = household_any(members.is_insured & members.has_applied_receipts, households)
    note(by_receipts & ~applied, "receipts_from_public_records")
    alone = by_receipts & (judged["insured_count"] == 1) & judged["has_seventies"] & (exemption != Exemption.RECEIPTS_ALONE)
    note(alone, "receipts_limit_with_seventies")
    note(household_any(members.is_insured & (judged["adjustment"] > 0), households), *ADJUSTMENT)
    note(judged["household_undeclared"], "undeclared_has_no_taxable_income")

    # The tables of the tax law, where an income made by them was compared.
    compared = np.isin(reason, (Reason.TWO_TENTHS, Reason.INCOME_BELOW_TWO_TENTHS)) | np.isin(limited, (LimitClass.LOW_1, LimitClass.LOW_2))
    compared |= working & judged["has_later_born"]
    note(compared & household_any(members.salary_receipts > 0, households), "salary_income", "salary_adjustment_limit")
    young = is_under_65(members, judged.law)
    receives = members.public_pension_receipts > 0
    note(compared & household_any(receives & ~young, households), "pension_income_from_65")
    note(compared & household_any(receives & young, households), "pension_income_under_65")
    note(working & judged["has_later_born"], "basic_deduction")
    decided = judged["outcome"] == Outcome.DECIDED
    return {name: rows & decided for name, rows in found.items() if name in judged.law.citations}


def provisional_rows(judged: Judgements) -> Flags:
    """Whether each row's result rests on a figure that is provisional (暫定)."""
    found = np.zeros(judged.members.rows, np.bool_)
    for name, rows in resting_on(judged).items():
        if judged.law.provisional(name):
            found |= rows
    return found


def provisional_names(judged: Judgements, row: int) -> tuple[str, ...]:
    """The provisional figures that one row rests on."""
    return tuple(sorted(name for name, rows in resting_on(judged).items() if rows[row] and judged.law.provisional(name)))
