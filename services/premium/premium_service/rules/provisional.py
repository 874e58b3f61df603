"""仮算定: what is charged for the months before the yearly assessment, from the income before last."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from chassis.law import NEVER, DayNumbers, FiscalYear, Yen, day_number, round_down

from premium_service.rules.columns import Codes, Flags, Households
from premium_service.rules.months import month_index
from premium_service.rules.parameters import Parameters

ARTICLE = "市町村の後期高齢者医療に関する条例（暫定賦課）"
LAST_YEAR, THIS_YEAR = "last_year", "this_year"


@dataclass(frozen=True, slots=True)
class ProvisionalRule:
    """How a union assesses provisionally: for how many months from April, by whose rates, floored to how many yen."""

    months: int
    rates: str
    unit: int


def provisional_law(rule: ProvisionalRule, year: FiscalYear, *, last: Parameters, this: Parameters | None) -> Parameters:
    """The parameters of a provisional assessment: the tables of income are those of the income before last in any case.

    `last` and `this` are the parameters of the fiscal year before and of `year`; with the rates of last year `this` may be unknown.
    """
    if rule.rates == LAST_YEAR:
        return replace(last, fiscal_year=year)
    if this is None:
        raise ValueError(f"The rates of {year} are asked for, and are not among the parameters.")
    tables = {name: getattr(last, name) for name in _INCOME_TABLES}
    return replace(this, **tables)


_INCOME_TABLES = ("pension_from_65", "pension_under_65", "pension_deduction_cuts", "salary", "salary_adjustment_limit")


def as_whole_year(members: Households, year: FiscalYear) -> Households:
    """The same people as if insured for the whole fiscal year: their amount of the year does not depend on months."""
    start = day_number(year.start)
    acquired = np.where(members.is_assessed, np.minimum(members.acquired_on, start), members.acquired_on).astype(np.int32)
    lost = np.where(members.is_assessed, np.int32(NEVER), members.lost_on).astype(np.int32)
    return replace(members, acquired_on=acquired, lost_on=lost)


def provisional_months(
    *, acquired_on: DayNumbers, lost_on: DayNumbers, is_assessed: Flags, rule: ProvisionalRule, fiscal_year: FiscalYear
) -> Codes:
    """仮算定の月数: charged months among the first `rule.months` of the fiscal year, as the whole year counts them."""
    begin = np.minimum(month_index(acquired_on, fiscal_year), rule.months)
    end = np.minimum(month_index(lost_on, fiscal_year), rule.months)
    return np.where(is_assessed, np.maximum(end - begin, 0), 0).astype(np.int16)


def provisional_amount(*, year_amount: Yen, months: Codes, unit: int) -> Yen:
    """仮算定額: the months' share of the amount of the whole year, floored to `unit` yen."""
    return round_down(year_amount * months // np.int64(12), to=unit, law=ARTICLE)
