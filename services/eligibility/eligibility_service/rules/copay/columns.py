"""The arrays of a judgement of 負担割合: what goes in, what comes out, column by column.

One row is one member of a household on one judging day; everybody in the household has a row, insured or not, because the limit class asks
for the tax of all. Rows of one household on one day are contiguous. Days are PostgreSQL day numbers, yen is a calendar year's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, Yen

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int16]
Numbers = npt.NDArray[np.int64]

NO_RECORD, DECLARED, UNDECLARED, INQUIRING = 0, 1, 2, 3
"""Codes of `income_status`: no record received, 申告済, 未申告, 照会中."""

TAX_UNKNOWN, TAXED, NOT_TAXED = 0, 1, 2
"""Codes of `tax_status` (市町村民税): not told, 課税, 非課税."""


class Outcome(IntEnum):
    """Whether a rate, or a limit class, could be judged, and what is missing where not. Nothing missing ever counts as zero."""

    NOT_JUDGED = 0
    DECIDED = 1
    INQUIRING = 2
    NO_RECORD = 3
    TAXABLE_INCOME_MISSING = 4
    DEPENDANTS_MISSING = 5
    INCOME_MISSING = 6
    TAX_STATUS_MISSING = 7
    LAW_GAP = 8


class Reason(IntEnum):
    """Why a rate is what it is: the last test of the flow that decided it."""

    NONE = 0
    WORKING_INCOME = 1
    TAXABLE_BELOW_WORKING = 2
    EXEMPT = 3
    TWO_TENTHS = 4
    TAXABLE_BELOW_TWO_TENTHS = 5
    INCOME_BELOW_TWO_TENTHS = 6


class Exemption(IntEnum):
    """Why somebody with a working income does not pay three tenths."""

    NONE = 0
    BORN_LATER_AND_SMALL_INCOME = 1
    RECEIPTS_ALONE = 2
    RECEIPTS_TOGETHER = 3
    RECEIPTS_WITH_SEVENTIES = 4


class LimitClass(IntEnum):
    """限度額区分."""

    UNDECIDED = 0
    WORKING = 1
    WORKING_3 = 2
    WORKING_2 = 3
    WORKING_1 = 4
    GENERAL = 5
    GENERAL_2 = 6
    GENERAL_1 = 7
    LOW_2 = 8
    LOW_1 = 9
    WELFARE_PENSION = 10


_DAY, _YEN, _CODE, _FLAG = np.int32, np.int64, np.int16, np.bool_

AMOUNTS = (
    "public_pension_receipts", "salary_receipts", "business_income", "other_income", "capital_gains", "capital_gains_special_deduction",
    "loss_carried_forward", "total_income", "taxable_income", "gross_income",
)  # fmt: skip

MEMBER_DTYPE: np.dtype[np.void] = np.dtype(
    [
        ("household", np.int64),
        ("judged_on", _DAY),
        ("born_on", _DAY),
        *((name, _YEN) for name in AMOUNTS),
        ("applied_receipts", _YEN),
        ("income_status", _CODE),
        ("tax_status", _CODE),
        ("dependants_under_16", _CODE),
        ("dependants_16_to_18", _CODE),
        ("is_insured", _FLAG),
        ("is_judged", _FLAG),
        ("was_head", _FLAG),
        ("has_total_income", _FLAG),
        ("has_taxable_income", _FLAG),
        ("has_gross_income", _FLAG),
        ("has_dependants", _FLAG),
        ("has_applied_receipts", _FLAG),
        ("receives_welfare_pension", _FLAG),
    ]
)
"""A member's records.

`was_head`: 世帯主 on 31 December of the income year, or whoever the municipality counted young members for. `applied_receipts`: the
receipts of 基準収入額適用申請.
"""

FACTS_DTYPE: np.dtype[np.void] = np.dtype(
    [
        ("taxable_income", _YEN),
        ("pension_income", _YEN),
        ("other_total", _YEN),
        ("pension_receipts", _YEN),
        ("income_after_deduction", _YEN),
        ("receipts", _YEN),
        ("taxable_missing", _CODE),
        ("income_missing", _CODE),
        ("after_deduction_missing", _CODE),
        ("has_receipts", _FLAG),
    ]
)
"""What the tests ask of one person, made from the records (or stated by an estimate); `*_missing` is an Outcome, DECIDED where known."""

JUDGED_DTYPE: np.dtype[np.void] = np.dtype(
    [
        *((name, FACTS_DTYPE[name]) for name in FACTS_DTYPE.names or ()),
        ("adjustment", _YEN),
        ("adjusted_taxable", _YEN),
        ("highest_taxable", _YEN),
        ("after_deduction_sum", _YEN),
        ("receipts_sum", _YEN),
        ("receipts_with_seventies", _YEN),
        ("pension_and_other_sum", _YEN),
        ("insured_count", _CODE),
        ("rate_percent", _CODE),
        ("reason", _CODE),
        ("exemption", _CODE),
        ("limit_class", _CODE),
        ("outcome", _CODE),
        ("class_outcome", _CODE),
        ("has_later_born", _FLAG),
        ("has_seventies", _FLAG),
        ("has_household_receipts", _FLAG),
        ("household_untaxed", _FLAG),
        ("household_without_income", _FLAG),
        ("household_undeclared", _FLAG),
    ]
)
"""Every intermediate value of a judgement, in order. `rate_percent` is 0 while `outcome` is not DECIDED."""


@dataclass(frozen=True, slots=True)
class Members:
    """Members as columns; the order of the fields is the order of MEMBER_DTYPE."""

    household: Numbers
    judged_on: DayNumbers
    born_on: DayNumbers
    public_pension_receipts: Yen
    salary_receipts: Yen
    business_income: Yen
    other_income: Yen
    capital_gains: Yen
    capital_gains_special_deduction: Yen
    loss_carried_forward: Yen
    total_income: Yen
    taxable_income: Yen
    gross_income: Yen
    applied_receipts: Yen
    income_status: Codes
    tax_status: Codes
    dependants_under_16: Codes
    dependants_16_to_18: Codes
    is_insured: Flags
    is_judged: Flags
    was_head: Flags
    has_total_income: Flags
    has_taxable_income: Flags
    has_gross_income: Flags
    has_dependants: Flags
    has_applied_receipts: Flags
    receives_welfare_pension: Flags

    @property
    def rows(self) -> int:
        return len(self.household)

    def part(self, start: int, end: int) -> Members:
        """Rows `start` up to `end`, without copying."""
        return Members(**{field.name: getattr(self, field.name)[start:end] for field in fields(self)})

    @classmethod
    def from_records(cls, records: npt.NDArray[np.void]) -> Members:
        """From a structured array that has the columns of MEMBER_DTYPE (such as a decoded binary COPY)."""
        return cls(**{name: np.ascontiguousarray(records[name], MEMBER_DTYPE[name]) for name in MEMBER_DTYPE.names or ()})

    @classmethod
    def of(cls, columns: Mapping[str, npt.ArrayLike]) -> Members:
        """From any columns; what is missing is 0, false, and declared."""
        if unknown := columns.keys() - set(MEMBER_DTYPE.names or ()):
            raise ValueError(f"Unknown columns: {', '.join(sorted(unknown))}.")
        rows = len(np.atleast_1d(np.asarray(columns["household"])))
        made: dict[str, Any] = {}
        for name in MEMBER_DTYPE.names or ():
            default = DECLARED if name == "income_status" else 0
            made[name] = np.array(np.broadcast_to(np.asarray(columns.get(name, default), MEMBER_DTYPE[name]), rows))
        return cls(**made)
