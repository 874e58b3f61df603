"""賦課 once more, in plain Python from the words of the law and the ordinances, for one household at a time. Shares no code with the rules.

One person after another, one month after another, with exact fractions: slow, and easy to hold against 施行令 第18条, 法 第99条 and the
printed tables. Figures are typed here a second time, from the tables and not from the files of the law.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor

from services.premium.tests.rules.oracle_rates import UNIONS, Union

MAN = 10_000


@dataclass
class Person:
    """`spans` are (from, until or None, by disability certification); no span for an uninsured head."""

    born: date
    spans: list[tuple[date, date | None, bool]]
    head: bool = False
    status: str = "declared"
    pension: int = 0
    salary: int = 0
    business: int = 0
    other: int = 0
    gains: int = 0
    gains_special: int = 0
    family_deduction: int = 0
    family_salary: int = 0
    loss: int = 0
    stated: int | None = None
    dependant_since: date | None = None
    found: dict[str, int] = field(default_factory=dict)


# Income of the tax law ---------------------------------------------------------------------------------------------------------------


def salary_income(receipts: int, income_year: int) -> int:
    """別表第五 below 6.6 million (nothing to a thousand above the least deduction, then steps of 4,000 yen), the formula above."""
    least = 55 * MAN if 2020 <= income_year < 2025 else 65 * MAN
    if receipts < least + 1000:
        return 0
    if receipts < (190 * MAN if income_year >= 2025 else 1_619_000):
        return receipts - least
    lifted = 10 * MAN if income_year >= 2020 else 0  # from 2020 the deduction is 100,000 smaller all along
    for below, income in ((1_620_000, 969_000), (1_622_000, 970_000), (1_624_000, 972_000), (1_628_000, 974_000)):
        if receipts < below:
            return income + lifted
    stepped = receipts - receipts % 4000
    if receipts < 180 * MAN:
        return stepped * 6 // 10 + lifted
    if receipts < 360 * MAN:
        return stepped * 7 // 10 - 18 * MAN + lifted
    if receipts < 660 * MAN:
        return stepped * 8 // 10 - 54 * MAN + lifted
    most = 195 * MAN if income_year >= 2020 else 220 * MAN if income_year >= 2017 else 230 * MAN if income_year == 2016 else 245 * MAN
    taken = min(Fraction(receipts, 10) + 120 * MAN, Fraction(receipts, 20) + 170 * MAN) - lifted
    if income_year >= 2013:
        taken = min(taken, Fraction(most))
    return floor(receipts - taken)


def pension_income(receipts: int, income_year: int, young: bool, beside: int) -> int:
    """公的年金等控除: the least deduction, then 25, 15 and 5 hundredths of the receipts and an amount, from 2020 with an end."""
    if not receipts:
        return 0
    less = 10 * MAN if income_year >= 2020 else 0
    least = (70 if young else 120) * MAN
    by_receipts = min(Fraction(receipts, 4) + 375_000, Fraction(15 * receipts, 100) + 785_000, Fraction(receipts, 20) + 1_555_000)
    taken = max(Fraction(least), by_receipts) - less
    if income_year >= 2020:
        taken = min(taken, Fraction(1_955_000))
        taken -= 20 * MAN if beside > 2000 * MAN else 10 * MAN if beside > 1000 * MAN else 0
    return max(0, floor(receipts - max(taken, Fraction(0))))


def both_incomes(salary: int, pension: int, income_year: int) -> int:
    """所得金額調整控除 of who has salary and pension."""
    if income_year < 2020 or salary <= 0 or pension <= 0:
        return 0
    return max(0, min(salary, 10 * MAN) + min(pension, 10 * MAN) - 10 * MAN)


def basic_deduction(gross: int, year: int) -> int:
    if year < 2021:
        return 33 * MAN
    return 43 * MAN if gross <= 2400 * MAN else 29 * MAN if gross <= 2450 * MAN else 15 * MAN if gross <= 2500 * MAN else 0


def incomes(p: Person, year: int) -> dict[str, int]:
    """The incomes of one person, for the income part and for the test of the reduction."""
    before = year - 1
    young = p.born >= date(before - 64, 1, 2)  # not yet 65 on 31 December
    salary = salary_income(p.salary, before)
    pension = pension_income(p.pension, before, young, salary + p.business + p.other + p.gains)
    gross = max(0, pension + salary - both_incomes(salary, pension, before) + p.business + p.other + p.gains)
    levied = max(0, gross - min(p.gains_special, max(0, p.gains)) - p.loss)
    if p.stated is not None:
        levied = p.stated
        gross = max(gross, levied)

    own_receipts = max(0, p.salary - p.family_salary)
    own_salary = salary_income(own_receipts, before)
    judged_pension = pension if young else max(0, pension - 15 * MAN)
    judged_salary = own_salary - both_incomes(own_salary, pension, before)
    judged = max(0, judged_pension + judged_salary + p.business + p.family_deduction + p.other + p.gains - p.loss)
    nothing_known = not (p.pension or p.salary or p.business or p.other or p.gains)
    if p.stated is not None and nothing_known:
        judged = p.stated
    earner = year >= 2021 and (
        own_receipts > (65 if year >= 2026 else 55) * MAN or p.pension > 125 * MAN or (young and p.pension > 60 * MAN)
    )
    besides = judged_salary + p.business + p.family_deduction + p.other + p.gains
    poor = p.pension <= 80 * MAN and besides <= 0 and not (p.stated and not p.pension)
    return {
        "pension_income": pension,
        "salary_income": salary,
        "gross_income": gross,
        "levy_income": levied,
        "levy_base": max(0, levied - basic_deduction(gross, year)),
        "judging_income": judged,
        "is_earner": int(earner),
        "poor": int(poor),
    }


# The test of the reduction -----------------------------------------------------------------------------------------------------------

FIVE_AND_TWO = {
    2008: (245, 350), 2014: (245, 450), 2015: (260, 470), 2016: (265, 480), 2017: (270, 490), 2018: (275, 500), 2019: (280, 510),
    2020: (285, 520), 2023: (290, 535), 2024: (295, 545), 2025: (305, 560), 2026: (310, 570),
}  # fmt: skip


def limits(year: int, insured: int, insured_head: bool, earners: int) -> tuple[int, int, int]:
    """7割, 5割 and 2割, in yen."""
    five, two = FIVE_AND_TWO[max(start for start in FIVE_AND_TWO if start <= year)]
    seven = 43 * MAN + 10 * MAN * max(0, earners - 1) if year >= 2021 else 33 * MAN
    for_five = insured - 1 if year < 2014 and insured_head else insured
    return seven, seven + five * 1000 * for_five, seven + two * 1000 * insured


def seven_tenths(year: int, part: str, poor: bool) -> Fraction:
    """What is really taken off in the 7割 tier."""
    if part == "child_support":
        return Fraction(7, 10)
    if year >= 2026:
        return Fraction(72, 100)
    if year == 2020:
        return Fraction(7, 10) if poor else Fraction(775, 1000)
    if year == 2019:
        return Fraction(8, 10) if poor else Fraction(85, 100)
    if year <= 2018:
        return Fraction(9, 10) if poor and year >= 2009 else Fraction(85, 100)
    return Fraction(7, 10)


# One person's year -------------------------------------------------------------------------------------------------------------------


def dependant_share(year: int, month: int, since: date) -> Fraction | None:
    """被扶養者であった者, in the month (0 is April) of a fiscal year; None before joining and where the time is over."""
    passed = (year * 12 + 3 + month) - (since.year * 12 + since.month - 1)
    if passed < 0 or (year >= 2019 and passed >= 24):
        return None
    if year == 2008:
        return Fraction(1) if month < 6 else Fraction(9, 10)
    return Fraction(9, 10) if year <= 2016 else Fraction(7, 10) if year == 2017 else Fraction(1, 2)


def cap_of(p: Person, year: int, part: str, certified: bool) -> int:
    if part == "child_support":
        return 21_000
    if year == 2024 and (p.born <= date(1949, 3, 31) or certified):
        return 730_000
    starts = {2008: 50, 2012: 55, 2014: 57, 2018: 62, 2020: 64, 2022: 66, 2024: 80, 2026: 85}
    return starts[max(start for start in starts if start <= year)] * MAN


def flat_left(flat: int, share: Fraction, union: Union, year: int) -> int:
    left = flat * (1 - share)
    if year >= union.half_up_from:
        return floor(left + Fraction(1, 2))
    return floor(left) // 10 * 10 if union.parts_to_ten_yen else floor(left)


def income_part(base: int, rate: int, union: Union, year: int, part: str) -> int:
    if part == "medical" and year == 2024 and 0 < base <= 58 * MAN:
        rate = union.low_2024
    whole = floor(Fraction(base * rate, 10_000))
    unit = 10 if union.parts_to_ten_yen else 1
    whole -= whole % unit
    if part == "child_support" or not base:
        return whole
    cut = Fraction(0)
    if base <= 58 * MAN and year <= 2017:
        cut += Fraction(1, 5) if year == 2017 else Fraction(1, 2)
    cut += next((share for up_to, share in union.own_cut if base <= up_to), Fraction(0))
    left = floor(whole * (1 - min(cut, Fraction(1))))
    return left - left % unit


def charged(start: date, end: date | None, year: int) -> list[int]:
    """Months of the fiscal year from that of acquisition to the one before that of loss."""

    def number(day: date) -> int:
        return day.year * 12 + day.month - 1

    return [m for m in range(12) if number(start) <= year * 12 + 3 + m and (end is None or year * 12 + 3 + m < number(end))]


def joined(p: Person, year: int) -> list[tuple[date, date | None, bool]]:
    """Insurance in the year; what follows without a break is one time."""
    first, end = date(year, 4, 1), date(year + 1, 4, 1)
    made: list[tuple[date, date | None, bool]] = []
    for start, until, certified in p.spans:
        in_year = certified and start < end and (until is None or until > first)
        if made and made[-1][1] == start:
            made[-1] = (made[-1][0], until, made[-1][2] or in_year)
        else:
            made.append((start, until, in_year))
    return [span for span in made if span[0] < end and (span[1] is None or span[1] > first)]


def premiums(people: list[Person], year: int, code: str, area: str = "") -> dict[tuple[int, date], dict[str, int] | None]:
    """(place of the person, judging day) → figures of the decision; None where an income is being inquired."""
    union, first = UNIONS[code], date(year, 4, 1)
    rates = (union.areas.get(area, {}) if area else union.rates)[year - year % 2]
    found: dict[tuple[int, date], dict[str, int] | None] = {}
    times = [joined(p, year) for p in people]
    own = [incomes(p, year) for p in people]
    for place, p in enumerate(people):
        for start, until, certified in times[place]:
            day = max(start, first)
            insured = [n for n in range(len(people)) if any(s <= day and (u is None or day < u) for s, u, _ in times[n])]
            counted = [n for n in range(len(people)) if n in insured or people[n].head]
            if any(people[n].status == "inquiring" for n in counted):
                found[place, day] = None
                continue
            income = sum(own[n]["judging_income"] for n in counted)
            earners = sum(own[n]["is_earner"] for n in counted)
            seven, five, two = limits(year, len(insured), any(people[n].head for n in insured), earners)
            tier = 7 if income <= seven else 5 if income <= five else 2 if income <= two else 0
            if any(people[n].status == "undeclared" for n in counted):
                tier = 0
            poor = all(own[n]["poor"] for n in insured)
            months = charged(start, until, year)
            made = {**own[place], "household_judging_income": income, "household_earners": earners, "tier": tier, "months": len(months),
                    "limit_seven": seven, "limit_five": five, "limit_two": two}  # fmt: skip
            for part, (flat, rate) in {"medical": rates, **({"child_support": union.child} if year >= 2026 else {})}.items():
                share = seven_tenths(year, part, poor) if tier == 7 else Fraction(tier, 10)
                usual = flat_left(flat, share, union, year)
                part_of_income = 0 if p.dependant_since else income_part(made["levy_base"], rate, union, year, part)
                whole = min(usual + part_of_income, cap_of(p, year, part, certified))
                total = 0
                for month in months:
                    special = p.dependant_since and dependant_share(year, month, p.dependant_since)
                    total += flat_left(flat, max(share, special), union, year) if special else whole
                unit = 10 if year >= union.ten_yen_year_from else 100
                made |= {f"{part}_per_capita_reduced": usual, f"{part}_income_levy": part_of_income, f"{part}_year_amount": whole,
                         f"{part}_amount": total // 12 // unit * unit}  # fmt: skip
            made["annual_amount"] = made["medical_amount"] + made.get("child_support_amount", 0)
            found[place, day] = made
    return found
