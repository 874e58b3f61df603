"""The law of one union and one fiscal year, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.law import Citation, Cited, FiscalYear, Rate
from chassis.law.tax import IncomeTable

MEDICAL, CHILD_SUPPORT = "medical", "child_support"
PARTS: tuple[str, str] = (MEDICAL, CHILD_SUPPORT)
"""医療分, and from FY2026 子ども・子育て支援納付金分."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one case or one trial may set differently from the union's own settings; None leaves them as they are."""

    annual_rounding: int | None = None
    component_rounding: int | None = None
    component_rounding_mode: str | None = None
    month_order: str | None = None
    own_income_levy_reduction: tuple[tuple[int, Rate], ...] | None = None
    special_reductions: bool = True
    """False leaves out the national special measures (軽減特例), as ordinances of early 2008 had it."""


@dataclass(frozen=True, slots=True)
class ReductionLimits:
    base: int
    per_insured_five: int
    per_insured_two: int
    per_extra_earner: int


@dataclass(frozen=True, slots=True)
class PartRates:
    """Rates of one part by rate area; area 0 is the union's even rate, which stands too where an area's figures are unknown.

    `low_income_rate` is None where none is in force,
    and `low_income_rate_is_gap` where one is but nobody has entered it."""

    per_capita: tuple[int, ...]
    income_rate: tuple[Rate, ...]
    cap: int
    seven_low_pension: Rate
    seven_others: Rate
    low_income_rate: Rate | None = None
    low_income_rate_is_gap: bool = False
    levy_reductions: tuple[tuple[int, Rate], ...] = ()
    """(levy base up to, share of the income part taken off), limits rising."""


@dataclass(frozen=True, slots=True)
class RateArea:
    """不均一賦課の区域: a whole municipality, or with `within` an area inside one. Its figures may not be known."""

    name: str
    municipality: str | None
    within: str | None
    is_known: bool


@dataclass(frozen=True, slots=True)
class DependantSpan:
    """Months of the fiscal year (0 is April) in which a share of the flat amount is taken off for former dependants."""

    first: int
    end: int
    share: Rate
    months: int | None


@dataclass(frozen=True, slots=True)
class CapTransition:
    cap: int
    born_through: date
    disability_through: date


@dataclass(frozen=True, slots=True)
class Parameters(Cited):
    """Everything the rules need for one union and one fiscal year. `hash` identifies the whole content."""

    union: str
    fiscal_year: FiscalYear
    areas: tuple[RateArea, ...]
    """Areas of uneven rates; `rate_area` of a member is the place in it from 1, 0 for the even rate, UNKNOWN_AREA where nobody knows."""
    areas_are_gap: bool
    """There are uneven rates, and nobody has entered where."""
    parts: Mapping[str, PartRates]
    pension_from_65: IncomeTable
    pension_under_65: IncomeTable
    pension_deduction_cuts: tuple[tuple[int, int], ...]
    salary: IncomeTable
    salary_adjustment_limit: int
    basic_deduction: tuple[tuple[int | None, int], ...]
    reduction_limits: ReductionLimits
    share_five: Rate
    share_two: Rate
    low_pension_limit: int | None
    senior_pension_deduction: int
    earner_salary_limit: int | None
    earner_pension_from_65: int | None
    earner_pension_under_65: int | None
    carried_loss_counts_in_test: bool
    family_employee_salary_is_not_received: bool
    transitional_rate_limit: int | None
    cap_transition: CapTransition | None
    dependant_spans: tuple[DependantSpan, ...]
    annual_rounding: int
    component_rounding: int
    component_rounding_mode: str
    month_order: str
    citations: Mapping[str, Citation]
    hash: str
    confirmed: frozenset[str] = frozenset()

    @property
    def rate_areas(self) -> tuple[str, ...]:
        """Names of the areas by `rate_area`; the even rate has none."""
        return ("", *(area.name for area in self.areas))
