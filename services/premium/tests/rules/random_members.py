"""Random households for tests that look at whole results: every kind of income, state, month and reduction occurs."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from chassis.law import NEVER, day_number
from premium_service.rules import MEMBER_DTYPE, Households


def random_members(year: int, rows: int, seed: int = 1) -> np.ndarray[Any, np.dtype[np.void]]:
    """Records of MEMBER_DTYPE: households of one to four, most of them insured."""
    generator = np.random.default_rng(seed)
    household = np.sort(generator.integers(0, max(1, rows // 2), rows))
    first = np.r_[True, household[1:] != household[:-1]]
    acquired = generator.integers(day_number(date(2008, 4, 1)), day_number(date(year, 12, 1)), rows)
    insured = (generator.random(rows) < 0.9) | ~first
    columns: dict[str, Any] = {
        "household": household,
        "member": np.arange(1, rows + 1),
        "judged_on": day_number(date(year, 4, 1)),
        "born_on": generator.integers(day_number(date(1920, 1, 1)), day_number(date(year - 60, 1, 1)), rows),
        "acquired_on": np.where(insured, acquired, NEVER),
        "lost_on": np.where(insured & (generator.random(rows) < 0.1), acquired + 900, NEVER),
        "former_dependant_since": np.where(insured & (generator.random(rows) < 0.1), acquired, NEVER),
        "public_pension_receipts": generator.integers(0, generator.choice([1_200_000, 2_000_000, 4_000_000], rows)),
        "salary_receipts": generator.integers(0, 9_000_000, rows) * (generator.random(rows) < 0.2),
        "business_income": generator.integers(-500_000, 3_000_000, rows) * (generator.random(rows) < 0.2),
        "other_income": generator.integers(0, 2_000_000, rows) * (generator.random(rows) < 0.1),
        "capital_gains": generator.integers(0, 40_000_000, rows) * (generator.random(rows) < 0.05),
        "family_employee_deduction": generator.integers(0, 900_000, rows) * (generator.random(rows) < 0.1),
        "loss_carried_forward": generator.integers(0, 500_000, rows) * (generator.random(rows) < 0.05),
        "income_status": generator.choice([1] * 8 + [2] + [1] * 8 + [3], rows),
        "is_head": first,
        "is_insured": insured,
        "is_assessed": insured,
        "by_disability": insured & (generator.random(rows) < 0.05),
        "has_total_income": generator.random(rows) < 0.15,
    }
    columns["capital_gains_special_deduction"] = columns["capital_gains"] // 4
    columns["family_employee_salary_received"] = np.minimum(columns["salary_receipts"], 860_000) * (generator.random(rows) < 0.3)
    columns["total_income"] = (1_200_000 + 1_000 * columns["member"]) * columns["has_total_income"]
    nothing_else = columns["has_total_income"] & (generator.random(rows) < 0.5)
    for name in ("public_pension_receipts", "salary_receipts", "business_income", "other_income", "capital_gains"):
        columns[name] = columns[name] * ~nothing_else
    young = generator.random(rows) < 0.2
    columns["born_on"] = np.where(young, day_number(date(year - 62, 1, 1)) + columns["member"], columns["born_on"])
    members = Households.of(columns)
    records = np.empty(rows, MEMBER_DTYPE)
    for name in MEMBER_DTYPE.names or ():
        records[name] = getattr(members, name)
    return records
