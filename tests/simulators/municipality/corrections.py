"""One more income record for somebody: a first one, an answer to an inquiry, a late return or another amount."""

from __future__ import annotations

from datetime import date

import numpy as np

from tests.simulators.municipality.ages import years_before
from tests.simulators.municipality.books import Books, Row
from tests.simulators.municipality.incomes import (
    AMOUNTS,
    DECLARED,
    INQUIRING,
    NOT_TAXED,
    TAXED,
    UNTAXED_TO,
    YOUNG,
    gross_of,
    income_year_on,
)

NOTHING: Row = dict.fromkeys((*AMOUNTS, "gross_income", "taxable_income", "resident_tax_status", *YOUNG, "receives_welfare_pension"))


def correct_income(chance: np.random.Generator, books: Books, resident: int, on: date, *, inquiring: bool = False) -> Row:
    """The next income record of a resident as a change, determined on a day; `inquiring`: the first one says that it is being asked for."""
    record, before = books.record(resident), books.income(resident)
    if before is None:
        first = {
            "municipality_code": record["municipality_code"],
            "resident_number": record["resident_number"],
            "history_number": 1,
            "income_year": income_year_on(books.on),
            "status": str(INQUIRING if inquiring else DECLARED),
            **(NOTHING if inquiring else _told(_declared(chance, record, books.on))),
            "total_income": None,
            "determined_on": on.isoformat(),
        }
        return books.enter_income(resident, first)
    fixed = {"total_income": None, "determined_on": max(on.isoformat(), before["determined_on"])}
    if before["status"] != str(DECLARED):
        return books.determine(resident, **fixed, **_told(_declared(chance, record, books.on)), status=str(DECLARED))
    known = {name: before[name] for name in AMOUNTS}
    return books.determine(resident, **fixed, **_told(known | _other_amount(chance, before)))


def _told(amounts: Row) -> Row:
    """The amounts with what follows from them: 合計所得金額, 課税所得 after deductions of 700,000 yen, 課税区分; nobody young."""
    gross = int(gross_of(amounts))
    left = max(gross - amounts["capital_gains_special_deduction"] - amounts["loss_carried_forward"] - 700_000, 0)
    tax = TAXED if gross > UNTAXED_TO else NOT_TAXED
    told = {"gross_income": gross, "taxable_income": left // 1_000 * 1_000, "resident_tax_status": str(tax)}
    return {**amounts, **told, **dict.fromkeys(YOUNG, 0), "receives_welfare_pension": 0}


def _declared(chance: np.random.Generator, record: Row, on: date) -> Row:
    """What somebody of that age may have: a pension when old, a salary when young."""
    is_old = record["born_on"] <= years_before(on, 65).isoformat()
    amounts: Row = dict.fromkeys(AMOUNTS, 0)
    amounts["public_pension_receipts" if is_old else "salary_receipts"] = int(chance.integers(400_000, 2_600_000 if is_old else 6_000_000))
    return amounts


def _other_amount(chance: np.random.Generator, before: Row) -> Row:
    """One amount that differs: more of the pension, an income that had been left out, a house that was sold, a loss."""
    match int(chance.integers(5)):
        case 0:
            return {"public_pension_receipts": before["public_pension_receipts"] + int(chance.integers(1, 400_000))}
        case 1:
            return {"other_income": before["other_income"] + int(chance.integers(10_000, 1_500_000))}
        case 2:
            return {"business_income": before["business_income"] + int(chance.integers(10_000, 2_000_000))}
        case 3:
            gains = before["capital_gains"] + int(chance.integers(1_000_000, 40_000_000))
            return {"capital_gains": gains, "capital_gains_special_deduction": min(gains, 30_000_000)}
        case _:
            return {"loss_carried_forward": before["loss_carried_forward"] + int(chance.integers(50_000, 900_000))}
