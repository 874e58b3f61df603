"""Wrong versions of the rules, one changed place each: the function, what stands there, and what is put in its place.

The code of the function itself is exchanged, so that whoever has imported it gets the mutant.
"""

from __future__ import annotations
import __future__

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from chassis.law.tax import income as tax
from chassis.law.tax.tables import IncomeRow, IncomeTable
from premium_service.rules import annual_amount, assessment, cap, income_levy, judging, levy_base, months, parts, per_capita, reduction


@dataclass(frozen=True)
class Mutant:
    function: Callable[..., Any]
    stands: str
    put: str

    def __str__(self) -> str:
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}: {self.stands} -> {self.put}"

    def code(self) -> CodeType:
        """The compiled function with the one change. AssertionError where the place is not there exactly once."""
        assert isinstance(self.function, FunctionType)
        source = textwrap.dedent(inspect.getsource(self.function))
        assert source.count(self.stands) == 1, f"{self}: stands {source.count(self.stands)} times"
        names = dict(self.function.__globals__)
        flags = __future__.annotations.compiler_flag
        exec(compile(source.replace(self.stands, self.put), str(self), "exec", flags=flags, dont_inherit=True), names)
        made: FunctionType = names[self.function.__name__]
        return made.__code__


M = Mutant
MUTANTS = [
    # Receipts to income
    M(tax.pension_income, "np.maximum(income, 0, out=income)", "income"),
    M(tax.pension_income, "other_income[rich] > over", "other_income[rich] >= over + 1_000_000"),
    M(tax.pension_income, "is_under_65 & (receipts > 0)", "~is_under_65 & (receipts > 0)"),
    M(tax.adjustment_for_both_incomes, "np.minimum(pension[both], limit)", "pension[both]"),
    M(tax.gross_income, "+ capital_gains", ""),
    M(tax.gross_income, "np.maximum(pension + salary + business + other + capital_gains, 0)", "pension + salary + other + capital_gains"),
    M(tax.total_income, "np.minimum(special_deduction, np.maximum(capital_gains, 0))", "special_deduction"),
    M(tax.total_income, " + loss_carried_forward", ""),
    M(tax.basic_deduction, "gross_income > upper", "gross_income >= upper"),
    M(tax.basic_deduction, "gross_income[beyond] > limit", "gross_income[beyond] >= limit"),
    M(IncomeRow.income, "receipts // np.int64(self.step) * np.int64(self.step)", "receipts"),
    M(IncomeTable.income, "receipts >= self.rows[0].below", "receipts > self.rows[0].below + 1"),
    M(assessment._incomes, "gross = np.maximum(gross, total)", "pass"),
    M(assessment._assess_chunk, "income_year - 64, 1, 1", "income_year - 65, 1, 1"),
    M(assessment._assess_chunk, "income_year - 64, 1, 1", "income_year - 64, 1, 2"),
    M(levy_base.levy_base, "np.maximum(income - deduction, 0)", "income - deduction"),
    # 軽減判定
    M(assessment._assess_chunk, "members.is_insured | members.is_head", "members.is_insured"),
    M(judging.judging_pension, "pension - senior_deduction", "pension"),
    M(judging.judging_pension, "if is_under_65.any():", "if False:"),
    M(judging.judging_salary_receipts, "receipts - received_as_family_employee", "receipts"),
    M(judging.judging_income, " + family_employee_deduction", ""),
    M(judging.judging_income, " - loss", ""),
    M(judging.judging_income, "np.maximum(", "np.add("),
    M(judging.judging_income, " + capital_gains", ""),
    M(judging.judged_by_stated_income, "is_stated & ~has_receipts", "is_stated"),
    M(judging.earners, "pension_receipts > pension_from_65", "pension_receipts >= pension_from_65"),
    M(judging.earners, "salary_receipts > salary_limit", "salary_receipts >= salary_limit"),
    M(judging.earners, "pension_receipts > pension_under_65", "pension_receipts >= pension_under_65"),
    M(judging.earners, "is_under_65 & (", "("),
    M(reduction.limits_without_insured_head, "insured - head_is_insured", "insured"),
    M(reduction.limits_without_insured_head, "insured - head_is_insured", "insured - 1"),
    M(reduction.limits_by_insured, "seven + limits.per_insured_five * insured", "seven + limits.per_insured_five * (insured - 1)"),
    M(reduction.limits_by_insured_and_earners, "np.maximum(earners - 1, 0)", "earners.copy()"),
    M(reduction.limits_by_insured_and_earners, "seven + limits.per_insured_two", "limits.base + limits.per_insured_two"),
    M(reduction.tier, "household_income <= limits.seven", "household_income < limits.seven"),
    M(reduction.tier, "household_income <= limits.five", "household_income < limits.five"),
    M(reduction.tier, "household_income <= limits.two", "household_income < limits.two"),
    M(reduction.tier, "reached *= ~undeclared", "pass"),
    M(reduction.low_pension, "pension_receipts <= limit", "pension_receipts < limit"),
    M(reduction.low_pension, " & ~has_other_income", ""),
    M(assessment._low_pension, "household_any(members.is_insured & ~low, households)", "household_any(~low, households)"),
    M(assessment._low_pension, "~household_any(members.is_insured & ~low, households)", "low"),
    M(parts._shares, "rates.seven_others, rates.seven_low_pension", "rates.seven_low_pension, rates.seven_others"),
    M(parts._shares, "law.share_two, law.share_five", "law.share_five, law.share_two"),
    # 所得割
    M(income_levy.lower_rate_for_small_base, "levy_base <= small_base", "levy_base < small_base"),
    M(income_levy.full_income_levy, "levy[rows] = rates.low_income_rate.of(levy_base[rows])", "pass"),
    M(income_levy.full_income_levy, "levy[rows] = area_rate.of(levy_base[rows])", "pass"),
    M(income_levy.full_income_levy, "levy if unit == 1 else", "levy if True else"),
    M(income_levy.income_levy_cut, "levy_base <= reductions[-1][0]", "levy_base < reductions[-1][0]"),
    M(income_levy.income_levy_cut, "base <= limit", "base < limit"),
    M(income_levy.income_levy_cut, "share.complement.of(full[within])", "share.of(full[within])"),
    M(income_levy.income_levy_cut, "share.complement.of(full[within])", "full[within] - share.of(full[within])"),
    M(parts._income_part, 'members.is_assessed & ~out["is_former_dependant"]', "members.is_assessed"),
    # 均等割, 限度額, 端数
    M(per_capita.reduced_per_capita, "round_down(share.complement.of(per_capita),", "round_down(per_capita - share.of(per_capita),"),
    M(per_capita.reduced_per_capita, "to=unit", "to=1"),
    M(per_capita.reduced_per_capita, " + share.complement.denominator * unit", ""),
    M(cap.cap_with_transition, "born_on <= day_number", "born_on < day_number"),
    M(cap.cap_with_transition, " | by_disability", ""),
    M(cap.one_cap_again, "cap=cap", "cap=cap - 70_000"),
    M(annual_amount.year_amount, "np.minimum(per_capita + income_levy, cap)", "per_capita + np.minimum(income_levy, cap)"),
    M(annual_amount.yen_months, 'order == "floor_then_split"', "True"),
    M(annual_amount.amount, "to=unit", "to=1"),
    # 月割, 被扶養者
    M(months.charged_months, "month_index(lost_on[some], fiscal_year) -", "1 + month_index(lost_on[some], fiscal_year) -"),
    M(months.charged_months, "acquired_on >= first", "acquired_on > first + 31"),
    M(months.dependant_months, "joined + span.months", "joined + span.months + 1"),
    M(months.dependant_months, "begin = np.maximum(begin, joined)", "pass"),
    M(parts._dependants, "share if share.fraction > span.share.fraction else span.share", "span.share"),
    M(parts._dependants, "counted = months", "counted = 0 * months"),
    # 未申告, 照会中
    M(assessment._household_test, "counted & (members.income_status == c.UNDECLARED)", "members.is_insured & (members.income_status == 9)"),
    M(assessment._outcome, "household_any(inquiring, households)", "inquiring"),
]  # fmt: skip
