"""賦課: the premium of every member of every household, with every step kept.

The order of the steps is the order of the ordinance. Rows are worked through in chunks that fit into the processor's cache and end where
a household ends, so that a union of 1.7 million people takes about as long as reading and writing the columns.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from chassis.law import NEVER, HouseholdRows, Yen, day_number, household_any, household_count, household_sum, tax

from premium_service.rules import columns as c
from premium_service.rules import income, income_levy, judging, levy_base, months, reduction
from premium_service.rules.columns import Assessments, Flags, Households, JudgingIncome
from premium_service.rules.parameters import MEDICAL, PARTS, Parameters
from premium_service.rules.parts import Columns, assess_part, tier_codes

CHUNK_ROWS = 32_768


def assess(households: Households, parameters: Parameters) -> Assessments:
    """Assess every row of `households` under the law of one union and one fiscal year.

    ValueError where the rows of a household are not contiguous. A person assessed alone gets what the same person gets in a batch.
    """
    result = Assessments.empty(households, parameters)
    for start, end in HouseholdRows.of(households.household).chunks(CHUNK_ROWS):
        members = households.part(start, end)
        out = {name: column[start:end] for name, column in result.columns.items()}
        _assess_chunk(members, parameters, out)
    return result


def _assess_chunk(members: Households, law: Parameters, out: Columns) -> None:
    households = HouseholdRows.of(members.household)
    under_65 = members.born_on > day_number(date(law.fiscal_year.income_year - 64, 1, 1))
    _incomes(members, law, under_65, out)
    counted = members.is_insured | members.is_head
    _household_test(members, law, households, counted, under_65, out)
    _months(members, law, out)
    tiers = tier_codes(members, out)
    for part in PARTS:
        assess_part(part, tiers, members, law, out)
    _outcome(members, households, counted, law, out)


def _incomes(members: Households, law: Parameters, under_65: Flags, out: Columns) -> None:
    income_day = date(law.fiscal_year.income_year, 12, 31)
    salary = tax.salary_income(receipts=members.salary_receipts, table=law.salary)
    beside_pension = salary + members.business_income + members.other_income + members.capital_gains
    pension = tax.pension_income(
        receipts=members.public_pension_receipts,
        from_65=law.pension_from_65,
        under_65=law.pension_under_65,
        is_under_65=under_65,
        cuts=law.pension_deduction_cuts,
        other_income=beside_pension,
    )
    adjustment = tax.salary_adjustment.on(income_day)(salary=salary, pension=pension, limit=law.salary_adjustment_limit)
    gross = tax.gross_income(
        pension=pension,
        salary=salary - adjustment,
        business=members.business_income,
        other=members.other_income,
        capital_gains=members.capital_gains,
    )
    summed = income.levy_income(
        gross=gross,
        capital_gains=members.capital_gains,
        special_deduction=members.capital_gains_special_deduction,
        loss_carried_forward=members.loss_carried_forward,
    )
    total, unexplained = income.stated_or_summed(summed=summed, stated=members.total_income, is_stated=members.has_total_income)
    gross = np.maximum(gross, total)
    deduction = tax.basic_deduction(gross_income=gross, steps=law.basic_deduction)
    out["pension_income"][:] = pension
    out["salary_income"][:] = salary
    out["salary_adjustment"][:] = adjustment
    out["gross_income"][:] = gross
    out["levy_income"][:] = total
    out["unexplained_income"][:] = unexplained
    out["basic_deduction"][:] = deduction
    out["levy_base"][:] = levy_base.levy_base(income=total, deduction=deduction)


def _judging_income(members: Households, law: Parameters, under_65: Flags, own_salary: Yen, out: Columns) -> None:
    pension = judging.judging_pension(pension=out["pension_income"], senior_deduction=law.senior_pension_deduction, is_under_65=under_65)
    salary = out["salary_income"] - out["salary_adjustment"]
    if own_salary is not members.salary_receipts:
        salary = tax.salary_income(receipts=own_salary, table=law.salary)
        adjust = tax.salary_adjustment.on(date(law.fiscal_year.income_year, 12, 31))
        salary -= adjust(salary=salary, pension=out["pension_income"], limit=law.salary_adjustment_limit)
    receipts = (
        members.public_pension_receipts | members.salary_receipts | members.business_income | members.other_income | members.capital_gains
    )
    judged = judging.judging_income(
        pension=pension,
        salary=salary,
        business=members.business_income,
        family_employee_deduction=members.family_employee_deduction,
        other=members.other_income,
        capital_gains=members.capital_gains,
        loss=members.loss_carried_forward if law.carried_loss_counts_in_test else np.zeros(members.rows, np.int64),
    )
    out["judging_pension"][:] = pension
    out["judging_salary"][:] = salary
    out["judging_income"][:] = judging.judged_by_stated_income(
        judged=judged, has_receipts=receipts != 0, stated=members.total_income, is_stated=members.has_total_income
    )


def _low_pension(members: Households, law: Parameters, households: HouseholdRows, out: Columns) -> Flags:
    if law.low_pension_limit is None:
        return np.zeros(members.rows, np.bool_)
    others = out["judging_salary"] + members.business_income + members.family_employee_deduction + members.other_income
    others += members.capital_gains
    stated_alone = members.has_total_income & (members.public_pension_receipts == 0) & (members.total_income > 0)
    low = reduction.low_pension(
        pension_receipts=members.public_pension_receipts, has_other_income=(others > 0) | stated_alone, limit=law.low_pension_limit
    )
    return ~household_any(members.is_insured & ~low, households)


def _household_test(members: Households, law: Parameters, households: HouseholdRows, counted: Flags, under_65: Flags, out: Columns) -> None:
    day = law.fiscal_year.start
    own_salary = judging.judging_salary_receipts(
        receipts=members.salary_receipts,
        received_as_family_employee=members.family_employee_salary_received,
        is_not_received=law.family_employee_salary_is_not_received,
    )
    _judging_income(members, law, under_65, own_salary, out)
    is_earner = judging.earner.on(day)(
        salary_receipts=own_salary,
        pension_receipts=members.public_pension_receipts,
        is_under_65=under_65,
        salary_limit=law.earner_salary_limit,
        pension_from_65=law.earner_pension_from_65,
        pension_under_65=law.earner_pension_under_65,
    )
    insured = household_count(members.is_insured, households)
    earner_count = household_count(is_earner & counted, households)
    household_income = JudgingIncome(household_sum(out["judging_income"] * counted, households))
    undeclared = household_any(counted & (members.income_status == c.UNDECLARED), households)
    limits = reduction.household_limits.on(day)(
        limits=law.reduction_limits,
        insured=insured,
        earners=earner_count,
        head_is_insured=household_any(members.is_head & members.is_insured, households),
    )
    out["household_judging_income"][:] = household_income
    out["limit_seven"][:] = limits.seven
    out["limit_five"][:] = limits.five
    out["limit_two"][:] = limits.two
    out["household_insured"][:] = insured
    out["household_earners"][:] = earner_count
    out["tier"][:] = reduction.tier(household_income=household_income, limits=limits, undeclared=undeclared)
    out["is_earner"][:] = is_earner
    out["household_undeclared"][:] = undeclared
    out["household_low_pension"][:] = _low_pension(members, law, households, out)


def _months(members: Households, law: Parameters, out: Columns) -> None:
    out["months"][:] = months.charged_months(
        acquired_on=members.acquired_on, lost_on=members.lost_on, is_assessed=members.is_assessed, fiscal_year=law.fiscal_year
    )
    dependant = (members.former_dependant_since != NEVER) & members.is_assessed
    out["is_former_dependant"][:] = dependant
    out["dependant_months"][:] = 0
    rows = np.flatnonzero(dependant)
    for span in law.dependant_spans if len(rows) else ():
        out["dependant_months"][rows] += months.dependant_months(
            acquired_on=members.acquired_on[rows],
            lost_on=members.lost_on[rows],
            since=members.former_dependant_since[rows],
            span=span,
            fiscal_year=law.fiscal_year,
        )


def _outcome(members: Households, households: HouseholdRows, counted: Flags, law: Parameters, out: Columns) -> None:
    outcome = np.where(members.is_assessed, np.int16(c.DECIDED), np.int16(c.NOT_ASSESSED))
    outcome[members.is_assessed & out["household_undeclared"]] = c.DECIDED_UNDECLARED
    medical = law.parts[MEDICAL]
    if medical.low_income_rate_is_gap:
        small = income_levy.takes_lower_rate.on(law.fiscal_year.start)(
            levy_base=out["levy_base"], rates=medical, small_base=law.transitional_rate_limit
        )
        outcome[members.is_assessed & small & ~out["is_former_dependant"]] = c.GAP
    if law.areas or law.areas_are_gap:
        unknown = np.array([False, *(not area.is_known for area in law.areas)])
        outcome[members.is_assessed & unknown[np.maximum(members.rate_area, 0)]] = c.GAP
        outcome[members.is_assessed & (members.rate_area == c.UNKNOWN_AREA)] = c.NO_AREA
    inquiring = counted & (members.income_status == c.INQUIRING)
    if inquiring.any():
        outcome[members.is_assessed & household_any(inquiring, households)] = c.PENDING
    refused = np.flatnonzero(outcome >= c.PENDING)
    if len(refused):
        for part in PARTS:
            out[f"{part}_amount"][refused] = 0
    out["outcome"][:] = outcome
    out["annual_amount"][:] = out["medical_amount"]
    if len(law.parts) > 1:
        out["annual_amount"][:] += out["child_support_amount"]
