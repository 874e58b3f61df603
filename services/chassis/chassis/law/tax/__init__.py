"""The tax law that more than one service stands on: its tables as dated data beside this file, its functions over arrays."""

from pathlib import Path
from typing import Final

from chassis.law.tax.income import basic_deduction, gross_income, pension_income, salary_adjustment, salary_income, total_income
from chassis.law.tax.tables import IncomeRow, IncomeTable

FILES: Final = tuple(sorted(Path(__file__).resolve().parent.glob("*.yaml")))
"""The files of the tax law, to be loaded with a service's own."""

__all__ = [
    "FILES",
    "IncomeRow",
    "IncomeTable",
    "basic_deduction",
    "gross_income",
    "pension_income",
    "salary_adjustment",
    "salary_income",
    "total_income",
]
