"""The arrays of an assessment: what goes in, what comes out, column by column.

One row is one member of a household on one judging day (判定日): every insured person, and the head even when not insured.
Rows of one household (one snapshot of it) are contiguous. A household whose members are judged on different days, because
one joined during the year, is one snapshot for each day with its own `household` number; `is_assessed` marks whose premium
the snapshot decides. Days are PostgreSQL day numbers (chassis.law.days), so that a record is a binary COPY row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NewType

import numpy as np
import numpy.typing as npt
from chassis.law import NEVER, DayNumbers, Yen

from premium_service.rules.parameters import PARTS, Parameters

Flags = npt.NDArray[np.bool_]
Count = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int16]

LevyIncome = NewType("LevyIncome", np.ndarray[Any, np.dtype[np.int64]])
"""総所得金額等 as the income part (所得割) counts it."""

JudgingIncome = NewType("JudgingIncome", np.ndarray[Any, np.dtype[np.int64]])
"""総所得金額等 as the test of the flat reduction (軽減判定) counts it. Not the same income: never pass one for the other."""

DECLARED, UNDECLARED, INQUIRING = 1, 2, 3
"""Codes of `income_status`: 申告済, 未申告, 照会中."""

UNKNOWN_AREA = -1
"""`rate_area` of somebody of whom nobody knows in which area of uneven rates (不均一賦課) he lives."""

NOT_ASSESSED, DECIDED, DECIDED_UNDECLARED, PENDING, GAP, NO_AREA = 0, 1, 2, 3, 4, 5
"""Codes of `outcome`: only counted for the household; decided; decided without reduction because somebody has not declared;
refused because an income is being inquired; refused because a parameter that this person needs is a gap; refused because it is not known
in which area of uneven rates the person lives. Refused rows have amounts of 0, which mean nothing."""


@dataclass(frozen=True, slots=True)
class Households:
    """Members as columns. Yen a year of the income year; the order of the fields is the order of MEMBER_DTYPE."""

    household: npt.NDArray[np.int64]
    member: npt.NDArray[np.int64]
    judged_on: DayNumbers
    born_on: DayNumbers
    acquired_on: DayNumbers
    lost_on: DayNumbers
    former_dependant_since: DayNumbers
    public_pension_receipts: Yen
    salary_receipts: Yen
    business_income: Yen
    other_income: Yen
    capital_gains: Yen
    capital_gains_special_deduction: Yen
    family_employee_deduction: Yen
    family_employee_salary_received: Yen
    loss_carried_forward: Yen
    total_income: Yen
    income_status: Codes
    rate_area: Codes
    is_head: Flags
    is_insured: Flags
    is_assessed: Flags
    by_disability: Flags
    has_total_income: Flags

    @property
    def rows(self) -> int:
        return len(self.household)

    def part(self, start: int, end: int) -> Households:
        """Rows `start` up to `end`, without copying."""
        return Households(**{field.name: getattr(self, field.name)[start:end] for field in fields(self)})

    def take(self, order: npt.NDArray[np.int64]) -> Households:
        """The rows in another order; members of a household must stay together."""
        return Households(**{field.name: getattr(self, field.name)[order] for field in fields(self)})

    @classmethod
    def of(cls, columns: Mapping[str, npt.ArrayLike]) -> Households:
        """From any columns; what is missing is the default of that column (0, false, never, declared)."""
        if unknown := columns.keys() - set(MEMBER_DTYPE.names or ()):
            raise ValueError(f"Unknown columns: {', '.join(sorted(unknown))}.")
        rows = len(np.atleast_1d(np.asarray(columns["household"])))
        made = {
            name: np.array(np.broadcast_to(np.asarray(columns.get(name, _DEFAULTS.get(name, 0)), dtype), rows))
            for name, dtype in _columns(MEMBER_DTYPE)
        }
        return cls(**made)

    @classmethod
    def from_records(cls, records: npt.NDArray[np.void]) -> Households:
        """From a structured array of MEMBER_DTYPE (such as a decoded binary COPY)."""
        return cls(**{name: np.ascontiguousarray(records[name], dtype) for name, dtype in _columns(MEMBER_DTYPE)})


def _columns(dtype: np.dtype[np.void]) -> list[tuple[str, np.dtype[Any]]]:
    return [(name, dtype[name]) for name in dtype.names or ()]


_DAY, _YEN, _CODE, _FLAG = np.int32, np.int64, np.int16, np.bool_

MEMBER_DTYPE: np.dtype[np.void] = np.dtype(
    [
        ("household", np.int64),
        ("member", np.int64),
        ("judged_on", _DAY),
        ("born_on", _DAY),
        ("acquired_on", _DAY),
        ("lost_on", _DAY),
        ("former_dependant_since", _DAY),
        ("public_pension_receipts", _YEN),
        ("salary_receipts", _YEN),
        ("business_income", _YEN),
        ("other_income", _YEN),
        ("capital_gains", _YEN),
        ("capital_gains_special_deduction", _YEN),
        ("family_employee_deduction", _YEN),
        ("family_employee_salary_received", _YEN),
        ("loss_carried_forward", _YEN),
        ("total_income", _YEN),
        ("income_status", _CODE),
        ("rate_area", _CODE),
        ("is_head", _FLAG),
        ("is_insured", _FLAG),
        ("is_assessed", _FLAG),
        ("by_disability", _FLAG),
        ("has_total_income", _FLAG),
    ]
)
"""Columns of a member, in order: yen is bigint, days are date, codes are smallint, flags are boolean; all NOT NULL."""

_DEFAULTS: Mapping[str, int] = {"lost_on": NEVER, "former_dependant_since": NEVER, "income_status": DECLARED}

_COMMON: list[tuple[str, Any]] = [
    ("pension_income", _YEN),
    ("salary_income", _YEN),
    ("salary_adjustment", _YEN),
    ("gross_income", _YEN),
    ("levy_income", _YEN),
    ("unexplained_income", _YEN),
    ("basic_deduction", _YEN),
    ("levy_base", _YEN),
    ("judging_pension", _YEN),
    ("judging_salary", _YEN),
    ("judging_income", _YEN),
    ("household_judging_income", _YEN),
    ("limit_seven", _YEN),
    ("limit_five", _YEN),
    ("limit_two", _YEN),
    ("household_insured", _CODE),
    ("household_earners", _CODE),
    ("months", _CODE),
    ("dependant_months", _CODE),
    ("tier", _CODE),
    ("outcome", _CODE),
    ("is_earner", _FLAG),
    ("is_former_dependant", _FLAG),
    ("household_undeclared", _FLAG),
    ("household_low_pension", _FLAG),
]
_PART: list[tuple[str, Any]] = [
    ("per_capita", _YEN),
    ("reduction", _CODE),
    ("per_capita_reduced", _YEN),
    ("dependant_reduction", _CODE),
    ("per_capita_dependant", _YEN),
    ("income_rate", np.int32),
    ("income_levy_full", _YEN),
    ("income_levy_cut", _YEN),
    ("income_levy", _YEN),
    ("cap", _YEN),
    ("year_amount", _YEN),
    ("capped", _FLAG),
    ("yen_months", _YEN),
    ("amount", _YEN),
]

ASSESSMENT_DTYPE: np.dtype[np.void] = np.dtype(
    _COMMON + [(f"{part}_{name}", kind) for part in PARTS for name, kind in _PART] + [("annual_amount", _YEN)]
)
"""Every intermediate value of an assessment, in order. `*_reduction` counts ten-thousandths, `*_income_rate` millionths;
`tier` is 0, 2, 5 or 7 (tenths); `*_yen_months` is yen x months before the division by twelve."""


@dataclass(frozen=True, slots=True)
class Assessments:
    """The result, row by row of `households`, with everything it was made from: it is its own explanation."""

    households: Households
    parameters: Parameters
    columns: Mapping[str, npt.NDArray[Any]]

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        return self.columns[column]

    @property
    def rows(self) -> int:
        return self.households.rows

    @classmethod
    def empty(cls, households: Households, parameters: Parameters) -> Assessments:
        """Columns ready to be written."""
        made = {name: np.empty(households.rows, dtype) for name, dtype in _columns(ASSESSMENT_DTYPE)}
        return cls(households, parameters, made)

    def records(self) -> npt.NDArray[np.void]:
        """The columns as one structured array of ASSESSMENT_DTYPE."""
        made = np.empty(self.rows, ASSESSMENT_DTYPE)
        for name, column in self.columns.items():
            made[name] = column
        return made
