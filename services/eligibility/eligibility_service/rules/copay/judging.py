"""判定: rate and limit class of every insured member of every household on one day, with every step kept.

The order of the steps is the order of the flow that the ministry printed. What is missing blocks whom it concerns and is never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from chassis.law import HouseholdRows, Yen, day_number, household_any, household_count, household_sum

from eligibility_service.rules.copay import incomes, limit_class, rate
from eligibility_service.rules.copay.columns import (
    FACTS_DTYPE,
    INQUIRING,
    JUDGED_DTYPE,
    NO_RECORD,
    NOT_TAXED,
    TAX_UNKNOWN,
    TAXED,
    UNDECLARED,
    Codes,
    Exemption,
    Flags,
    LimitClass,
    Members,
    Outcome,
    Reason,
)
from eligibility_service.rules.copay.parameters import CopayLaw

CHUNK_ROWS: Final = 32_768
_MOST: Final = np.int64(2**62)
Out = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Judgements:
    """The result, row by row of `members`, with everything it was made from: it is its own explanation."""

    members: Members
    law: CopayLaw
    columns: Mapping[str, npt.NDArray[Any]]

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        return self.columns[column]


def judge(members: Members, law: CopayLaw, facts: Mapping[str, npt.NDArray[Any]] | None = None) -> Judgements:
    """Judge every row that `is_judged`, under the law of one day. ValueError where the rows of a household are not contiguous.

    `facts`: FACTS columns where somebody states them; by default they are made from the records. A person judged alone gets what
    the same person gets in a batch.
    """
    result: Out = {name: np.zeros(members.rows, JUDGED_DTYPE[name]) for name in JUDGED_DTYPE.names or ()}
    for start, end in HouseholdRows.of(members.household).chunks(CHUNK_ROWS):
        part = members.part(start, end)
        found = incomes.facts_of(part, law) if facts is None else {name: facts[name][start:end] for name in FACTS_DTYPE.names or ()}
        out = {name: column[start:end] for name, column in result.items()}
        for name in FACTS_DTYPE.names or ():
            out[name][:] = found[name]
        _judge_chunk(part, law, out)
    return Judgements(members, law, result)


def _judge_chunk(members: Members, law: CopayLaw, out: Out) -> None:
    households = HouseholdRows.of(members.household)
    insured_count = household_count(members.is_insured, households)
    out["insured_count"][:] = insured_count
    missing = _taxable(members, law, households, out)
    exemption, income_needed = _exemption(members, law, households, out)
    _rate(members, law, households, exemption, missing, income_needed, out)
    _class(members, law, households, out)


def _taxable(members: Members, law: CopayLaw, households: HouseholdRows, out: Out) -> Codes:
    """課税所得 after 調整控除, and its highest in the household; returns what is missing for it, as an Outcome for each row."""
    under_16, from_16 = members.dependants_under_16, members.dependants_16_to_18
    adjust = rate.dependant_adjustment.on(law.on)
    adjustment = adjust(was_head=members.was_head, under_16=under_16, from_16_to_18=from_16, law=law.dependant_adjustment)
    taxable: Yen = out["taxable_income"]
    out["adjustment"][:] = np.minimum(adjustment, taxable)
    out["adjusted_taxable"][:] = taxable - out["adjustment"]
    out["highest_taxable"][:] = _household_highest(np.where(members.is_insured, out["adjusted_taxable"], 0), households)

    missing = np.where(members.is_insured, out["taxable_missing"], np.int16(Outcome.DECIDED))
    if law.dependant_adjustment is not None:
        least = law.working_taxable_income if law.two_tenths is None else law.two_tenths.taxable
        unknown = members.is_insured & members.was_head & ~members.has_dependants & (taxable >= least)
        if unknown.any():
            unknown &= household_any(incomes.might_be_dependant(members, law), households)
            missing[unknown] = Outcome.DEPENDANTS_MISSING
    return missing


def _exemption(members: Members, law: CopayLaw, households: HouseholdRows, out: Out) -> tuple[Codes, Flags]:
    """What exempts the household from three tenths, and where an income that is not known decides about it."""
    insured = members.is_insured
    later = rate.later_born.on(law.on)(born_on=members.born_on, is_insured=insured, law=law.later_born)
    has_later = household_any(later, households)
    after_deduction = household_sum(out["income_after_deduction"] * insured, households)
    small = has_later & (after_deduction <= (law.later_born.limit if law.later_born else 0))

    first_born, last_born = _seventies(law.on)
    seventies = rate.is_in_seventies(born_on=members.born_on, is_insured=insured, first_born=first_born, last_born=last_born)
    has_seventies = household_any(seventies, households)
    receipts = household_sum(out["receipts"] * insured, households)
    with_seventies = household_sum(out["receipts"] * (insured | seventies), households)
    has_receipts = ~household_any(insured & ~out["has_receipts"], households)
    has_all_receipts = has_receipts & ~household_any(seventies & ~out["has_receipts"], households)
    by_receipts = rate.receipts_exemption.on(law.on)(
        insured=out["insured_count"],
        receipts=np.where(has_receipts, receipts, _MOST),
        receipts_with_seventies=np.where(has_all_receipts, with_seventies, _MOST),
        has_seventies=has_seventies,
        limits=law.receipts,
        with_seventies=law.receipts_with_seventies,
    )
    out["after_deduction_sum"][:] = after_deduction
    out["receipts_sum"][:] = receipts
    out["receipts_with_seventies"][:] = with_seventies
    out["has_later_born"][:] = has_later
    out["has_seventies"][:] = has_seventies
    out["has_household_receipts"][:] = has_receipts
    unknown = household_any(insured & (out["after_deduction_missing"] != Outcome.DECIDED), households)
    small_birth = small & ~unknown
    exemption = np.where(small_birth, np.int16(Exemption.BORN_LATER_AND_SMALL_INCOME), by_receipts)
    return exemption, has_later & unknown & (by_receipts == Exemption.NONE)


def _rate(
    members: Members, law: CopayLaw, households: HouseholdRows, exemption: Codes, missing: Codes, income_needed: Flags, out: Out
) -> None:
    insured = members.is_insured
    income = household_sum((out["pension_receipts"] + out["other_total"]) * insured, households)
    is_working = out["highest_taxable"] >= law.working_taxable_income
    highest = out["highest_taxable"]
    if law.two_tenths is not None and not law.adjustment_counts_for_two_tenths:
        highest = _household_highest(np.where(insured, out["taxable_income"], 0), households)
    percent, reason = rate.rate.on(law.on)(
        is_working=is_working,
        exemption=exemption,
        highest_taxable=highest,
        income=income,
        insured=out["insured_count"],
        two=law.two_tenths,
    )
    unknown = household_any(insured & (out["income_missing"] != Outcome.DECIDED), households)
    needs_income = is_working & income_needed
    if law.two_tenths is not None:
        needs_income |= (percent != 30) & (highest >= law.two_tenths.taxable) & unknown
    outcome = _household_highest(np.where(missing > Outcome.DECIDED, missing, 0).astype(np.int64), households).astype(np.int16)
    outcome = np.where(outcome > 0, outcome, np.where(needs_income, np.int16(Outcome.INCOME_MISSING), np.int16(Outcome.DECIDED)))
    decided = members.is_judged & (outcome == Outcome.DECIDED)
    out["pension_and_other_sum"][:] = income
    out["outcome"][:] = np.where(members.is_judged, outcome, np.int16(Outcome.NOT_JUDGED))
    out["exemption"][:] = np.where(decided & is_working, exemption, np.int16(Exemption.NONE))
    out["rate_percent"][:] = np.where(decided, percent, 0)
    out["reason"][:] = np.where(decided, reason, np.int16(Reason.NONE))


def _class(members: Members, law: CopayLaw, households: HouseholdRows, out: Out) -> None:
    minor = incomes.is_minor_without_record(members, law)
    tax = np.where(minor, np.int16(NOT_TAXED), members.tax_status)
    # Whoever has a taxable income is taxed; nothing else follows from amounts, since each municipality sets its own limits.
    tax = np.where((tax == TAX_UNKNOWN) & (out["taxable_income"] > 0), np.int16(TAXED), tax)
    undeclared = members.income_status == UNDECLARED
    anybody_taxed = household_any((tax == TAXED) | (undeclared & (tax == TAX_UNKNOWN)), households)
    unknown_tax = household_any(tax == TAX_UNKNOWN, households) & ~anybody_taxed
    untaxed = ~anybody_taxed & ~unknown_tax

    deduction = law.low_1_pension_deduction
    left = np.maximum(out["pension_receipts"] - (deduction or 0), 0) + out["other_total"]
    income_unknown = ~minor & (out["income_missing"] != Outcome.DECIDED)
    without_income = ~household_any((left > 0) & ~minor, households)
    out["household_untaxed"][:] = untaxed
    out["household_without_income"][:] = untaxed & without_income & (deduction is not None)
    out["household_undeclared"][:] = household_any(undeclared & (members.is_insured | (tax == TAX_UNKNOWN)), households)

    found = limit_class.limit_class.on(law.on)(
        percent=out["rate_percent"],
        highest_taxable=out["highest_taxable"],
        untaxed=untaxed,
        without_income=without_income,
        receives_welfare_pension=members.receives_welfare_pension,
        law=law.working_classes,
    )
    missing = _why_unknown(members, tax, minor, households)
    below_two = out["rate_percent"] == 10
    outcome = np.where(below_two & unknown_tax, missing, np.int16(Outcome.DECIDED))
    in_question = below_two & untaxed & ~members.receives_welfare_pension
    if deduction is None:
        outcome = np.where(in_question, np.int16(Outcome.LAW_GAP), outcome)
    someone_unknown = household_any(income_unknown, households)
    outcome = np.where(in_question & without_income & someone_unknown, np.int16(Outcome.INCOME_MISSING), outcome)
    judged = out["outcome"] == Outcome.DECIDED
    out["class_outcome"][:] = np.where(judged, outcome, out["outcome"])
    out["limit_class"][:] = np.where(judged & (outcome == Outcome.DECIDED), found, np.int16(LimitClass.UNDECIDED))


def _why_unknown(members: Members, tax: Codes, minor: Flags, households: HouseholdRows) -> Codes:
    """Why the tax of the household is not known: an inquiry, no record, or a record that does not say it."""
    status = members.income_status
    why = np.where(status == NO_RECORD, np.int64(Outcome.NO_RECORD), np.int64(Outcome.TAX_STATUS_MISSING))
    why = np.where(status == INQUIRING, np.int64(Outcome.INQUIRING), why)
    return _household_highest(np.where((tax == TAX_UNKNOWN) & ~minor, why, 0), households).astype(np.int16)


def _household_highest(values: Yen, households: HouseholdRows) -> Yen:
    if households.rows == 0 or len(households.starts) == households.rows:
        return values
    return households.spread(np.maximum.reduceat(values, households.starts))


def _seventies(on: date) -> tuple[int, int]:
    """First and last birth of those who are 70 to 74: 70 is reached the day before the birthday and counts from the month after."""
    first = on.replace(day=1)
    return day_number(_years_before(on, 75)) + 1, day_number(_years_before(first, 70))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28) + timedelta(days=1)
