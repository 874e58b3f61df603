"""負担割合 once more, in plain Python from the words of the law, for one household at a time. Shares no code with the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass
class Person:
    born: date
    insured: bool
    taxable: int
    pension: int
    other: int
    after_deduction: int
    receipts: int | None
    head: bool
    under_16: int
    from_16: int
    taxed: bool
    welfare: bool


def rate_and_class(people: list[Person], on: date) -> tuple[int, str]:
    """The rate in percent, and the limit class of the first insured person."""
    ours = [p for p in people if p.insured]
    incomes = []
    for p in ours:
        income = p.taxable
        if on >= date(2012, 8, 1) and p.head:
            income = max(0, income - 330_000 * p.under_16 - 120_000 * p.from_16)
        incomes.append(income)
    top = max(incomes)
    three = top >= 1_450_000
    if three and on >= date(2015, 1, 1) and any(p.born >= date(1945, 1, 2) for p in ours):
        three = sum(p.after_deduction for p in ours) > 2_100_000
    if three and all(p.receipts is not None for p in ours):
        total = sum(p.receipts or 0 for p in ours)
        if len(ours) >= 2:
            three = total >= 5_200_000
        else:
            three = total >= 3_830_000
            others = [p for p in people if not p.insured and _is_70_to_74(p.born, on)]
            if three and on >= date(2009, 1, 1) and others and all(p.receipts is not None for p in others):
                three = total + sum(p.receipts or 0 for p in others) >= 5_200_000
    if three:
        if on < date(2018, 8, 1):
            return 30, "working"
        return 30, "working-3" if top >= 6_900_000 else "working-2" if top >= 3_800_000 else "working-1"
    if on >= date(2022, 10, 1) and top >= 280_000:
        money = sum(p.pension + p.other for p in ours)
        if money >= (2_000_000 if len(ours) == 1 else 3_200_000):
            return 20, "general-2"
    if any(p.taxed for p in people):
        return 10, "general-1" if on >= date(2022, 10, 1) else "general"
    if ours[0].welfare:
        return 10, "welfare-pension"
    free = 826_500 if on >= date(2026, 8, 1) else 806_700 if on >= date(2025, 8, 1) else 800_000
    poor = all(max(0, p.pension - free) + p.other == 0 for p in people)
    return 10, "low-1" if poor else "low-2"


def _is_70_to_74(born: date, on: date) -> bool:
    """70 is counted from the month after the day before the 70th birthday; 75 ends it on the birthday."""
    seventy = _birthday(born, 70)
    if seventy.day != 1:
        seventy = date(seventy.year + seventy.month // 12, seventy.month % 12 + 1, 1)
    return seventy <= on < _birthday(born, 75)


def _birthday(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)
