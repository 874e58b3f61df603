"""Every limit of every law version: nothing turns one yen (or one day) before it, everything one after (I-22, P-13, P-14, I-31)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from chassis.law import FiscalYear, day_number
from premium_service.law import premium_parameters
from premium_service.rules import Assessments, Households, assess

OLD = date(1930, 1, 1)


def _alone(year: int, union: str, **columns: Any) -> Assessments:
    """People who live alone, one for each entry of the columns."""
    rows = max(len(np.atleast_1d(value)) for value in columns.values())
    usual: dict[str, Any] = {
        "household": np.arange(rows), "born_on": day_number(OLD), "acquired_on": day_number(date(2008, 4, 1)),
        "is_head": True, "is_insured": True, "is_assessed": True,
    }  # fmt: skip
    return assess(Households.of({**usual, **columns}), premium_parameters(union, FiscalYear(year)))


def _income_for(base: int, year: int) -> int:
    return base + (330_000 if year < 2021 else 430_000)


Given = Callable[[int, int], dict[str, Any]]
"""What somebody has whose amount is exactly so much in the fiscal year."""
Turning = tuple[str, str, range, int, Given, str]
ALL = range(2008, 2028)
TURNS: list[Turning] = [
    # what turns, union, fiscal years, the last amount on this side, what the person has, the column that turns
    ("給与所得者等 給与55万円", "13", range(2021, 2026), 550_000, lambda n, _: {"salary_receipts": n}, "is_earner"),
    ("給与所得者等 給与65万円", "13", range(2026, 2028), 650_000, lambda n, _: {"salary_receipts": n}, "is_earner"),
    ("給与所得者等 年金125万円", "13", range(2021, 2028), 1_250_000, lambda n, _: {"public_pension_receipts": n}, "is_earner"),
    ("給与所得者等 年金60万円（65歳未満）", "13", range(2021, 2028), 600_000,
     lambda n, y: {"public_pension_receipts": n, "born_on": day_number(date(y - 60, 1, 2))}, "is_earner"),
    ("年金80万円以下", "13", range(2009, 2021), 800_000, lambda n, _: {"public_pension_receipts": n}, "household_low_pension"),
    ("所得割の国の軽減 58万円", "27", range(2008, 2018), 580_000, lambda n, y: {"other_income": _income_for(n, y)}, "has_cut"),
    ("所得割の都の軽減 15万円", "13", ALL, 150_000, lambda n, y: {"other_income": _income_for(n, y)}, "cut_share"),
    ("所得割の都の軽減 20万円", "13", ALL, 200_000, lambda n, y: {"other_income": _income_for(n, y)}, "cut_share"),
    ("激変緩和の所得割率 58万円", "13", range(2024, 2025), 580_000, lambda n, y: {"other_income": _income_for(n, y)},
     "medical_income_rate"),
    ("基礎控除 2,400万円", "13", range(2021, 2028), 24_000_000, lambda n, _: {"other_income": n}, "basic_deduction"),
    ("基礎控除 2,450万円", "13", range(2021, 2028), 24_500_000, lambda n, _: {"other_income": n}, "basic_deduction"),
    ("基礎控除 2,500万円", "13", range(2021, 2028), 25_000_000, lambda n, _: {"other_income": n}, "basic_deduction"),
    ("年金所得 65歳未満の表（1月1日生まれまで65歳）", "13", ALL, 0,
     lambda n, y: {"public_pension_receipts": 1_300_000, "born_on": day_number(date(y - 65, 1, 1) + timedelta(days=n))}, "pension_income"),
    ("賦課限度額の経過措置 昭和24年3月31日生まれまで", "13", range(2024, 2025), 0,
     lambda n, _: {"other_income": 30_000_000, "born_on": day_number(date(1949, 3, 31) + timedelta(days=n))}, "medical_cap"),
]  # fmt: skip


def _column(name: str, result: Assessments) -> list[int]:
    full, cut = result["medical_income_levy_full"], result["medical_income_levy_cut"]
    match name:
        case "has_cut":
            return [int(value) for value in cut > 0]
        case "cut_share":  # in hundredths; the floor to a yen does not reach them
            return [round(100 * int(taken) / int(whole)) for taken, whole in zip(cut, full, strict=True)]
        case _:
            return [int(value) for value in result[name]]


def _name(given: Turning | int) -> str:
    return str(given) if isinstance(given, int) else given[0]


@pytest.mark.parametrize(("turning", "year"), [(turning, year) for turning in TURNS for year in turning[2]], ids=_name)
def test_everything_turns_exactly_one_above_its_limit_in_every_year_that_knows_it(turning: Turning, year: int) -> None:
    """I-22: an Okayama class of income was one limit off for three years. P-14: the FY2024 transitions among them.

    Seen to fail with the pension of an earner one yen higher in the file of the law.
    """
    _, union, _, limit, given, column = turning
    people = [given(limit + off, year) for off in (-1, 0, 1)]
    columns = {name: [person[name] for person in people] for name in people[0]}
    below, at, above = _column(column, _alone(year, union, **columns))

    assert below == at != above


@pytest.mark.parametrize("turning", TURNS, ids=lambda turning: turning[0])
def test_nothing_turns_there_in_the_year_before_and_the_year_after(turning: Turning) -> None:
    """I-31: a limit that lived one year too long or began one year too early is found here.

    Seen to fail with the lower rate of FY2024 in force for one year more.
    """
    _, union, years, limit, given, column = turning
    for year in {years[0] - 1, years[-1] + 1} - set(years) - {2007, 2028}:
        people = [given(limit + off, year) for off in (0, 1)]
        columns = {name: [person[name] for person in people] for name in people[0]}
        at, above = _column(column, _alone(year, union, **columns))
        assert at == above, year


def test_the_golden_cases_of_fy2024_and_fy2026() -> None:
    """P-14: FY2024 80/73万 and the lower rate up to 58万 in Tokyo (8.78 for 9.67 %); FY2026 85万 and 2.1万."""
    capped = _alone(2024, "13", other_income=30_000_000, born_on=[day_number(date(1949, 3, 31)), day_number(date(1949, 4, 1))])
    assert capped["annual_amount"].tolist() == [730_000, 800_000]
    certified = _alone(2024, "13", other_income=30_000_000, born_on=day_number(date(1955, 5, 5)), by_disability=[False, True])
    assert certified["annual_amount"].tolist() == [800_000, 730_000]
    small = _alone(2024, "13", other_income=[1_010_000, 1_010_001])
    assert small["medical_income_levy"].tolist() == [580_000 * 878 // 10_000, 580_001 * 967 // 10_000]
    both = _alone(2026, "13", other_income=30_000_000)
    assert (both["medical_amount"].tolist(), both["child_support_amount"].tolist()) == ([850_000], [21_000])
    assert both["annual_amount"].tolist() == [871_000]
