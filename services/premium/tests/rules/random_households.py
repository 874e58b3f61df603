"""Households that chance makes, most of them close to some limit of the law: what the second derivation and the mutants are tried on."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from premium_service.estimate.premium_case import PremiumCase

from services.premium.tests.rules.oracle_premium import Person, basic_deduction, incomes, limits

PENSIONS = [0, 600_000, 800_000, 1_100_000, 1_200_000, 1_250_000, 1_300_000, 1_530_000, 2_000_000, 3_300_000, 4_100_000, 7_700_000,
            10_000_000, 15_000_000]  # fmt: skip
SALARIES = [0, 550_000, 650_000, 651_000, 1_619_000, 1_620_000, 1_622_000, 1_624_000, 1_628_000, 1_800_000, 1_900_000, 3_600_000,
            6_600_000, 8_500_000, 10_000_000, 12_000_000, 15_000_000, 20_000_000]  # fmt: skip
BASES = [0, 150_000, 200_000, 580_000, 7_000_000]
GROSS = [24_000_000, 24_500_000, 25_000_000]


def a_person(chance: random.Random, year: int, *, insured: bool, head: bool) -> Person:
    first = date(year, 4, 1)
    kind = chance.random()
    spans: list[tuple[date, date | None, bool]] = []
    if not insured:
        born = chance.choice([date(year - 65, 1, 1), date(year - 65, 1, 2), date(1940, 2, 29), date(year - 50, 6, 1)])
    elif kind < 0.12:  # certified as disabled from 65 on
        born = date(year - chance.choice([66, 70, 75]), chance.choice([1, 9]), chance.choice([1, 2, 20]))
        start = max(date(2008, 4, 1), date(born.year + 65, born.month, born.day))
        turning = date(born.year + 75, born.month, born.day)
        spans = [(start, turning, True), (turning, None, False)] if turning > start else [(start, None, False)]
    elif kind < 0.24:  # turns 75 within the year
        turning = first + timedelta(days=chance.choice([0, 1, 29, 30, 100, 183, 300, 364]))
        born = date(turning.year - 75, turning.month, min(turning.day, 28))
        spans = [(max(date(2008, 4, 1), date(born.year + 75, born.month, born.day)), None, False)]
    else:
        born = chance.choice([date(1925, 5, 5), date(1932, 1, 1), date(1928, 12, 31)])
        spans = [(date(2008, 4, 1), None, False)]
    if year >= 2024 and insured and chance.random() < 0.15:
        born = date(1949, 3, 31) + timedelta(days=chance.choice([0, 1]))
        spans = [(date(2024, born.month, born.day), None, False)]
    if spans and chance.random() < 0.1:  # lost during the year, perhaps insured again
        end = first + timedelta(days=chance.choice([1, 15, 30, 200, 364, 365, 366]))
        start = spans[0][0]
        if end > start and (spans[0][1] is None or end < spans[0][1]):
            again = end + timedelta(days=chance.choice([0, 20, 90]))
            spans = [(start, end, spans[0][2])]
            spans += [(again, None, spans[0][2])] if chance.random() < 0.4 else []
    made = Person(born=born, spans=spans, head=head)
    _give_incomes(chance, made)
    if spans and chance.random() < 0.12:
        back = date(year - chance.choice([0, 1, 2, 2, 3]), chance.choice([4, 6, 10]), 1)
        made.dependant_since = max(spans[0][0], back)
    return made


def _give_incomes(chance: random.Random, p: Person) -> None:
    def near(amounts: list[int]) -> int:
        return max(0, chance.choice(amounts) + chance.choice([-1, 0, 0, 1]))

    p.pension = near(PENSIONS) if chance.random() < 0.7 else chance.randrange(0, 5_000_000)
    if chance.random() < 0.3:
        p.salary = near(SALARIES) if chance.random() < 0.7 else chance.randrange(0, 9_000_000)
        p.family_salary = chance.choice([0, 0, p.salary, min(p.salary, 960_000)])
    if chance.random() < 0.2:
        p.business = chance.choice([-500_000, -1, 300_000, 2_500_000])
        p.family_deduction = chance.choice([0, 860_000])
    if chance.random() < 0.1:
        p.gains, p.gains_special = chance.choice([(30_000_000, 30_000_000), (1_000_000, 500_000), (400_000, 1_000_000)])
    if chance.random() < 0.1:
        p.loss = chance.choice([1, 400_000])
    if chance.random() < 0.1:
        p.stated = chance.choice([0, 430_000, 1_500_000])
        if chance.random() < 0.5:
            p.pension = p.salary = p.family_salary = p.business = p.family_deduction = p.gains = p.gains_special = p.loss = 0
    if chance.random() < 0.1:
        p.other = chance.choice([1, 100_000, 30_000_000])
    p.status = chance.choices(["declared", "undeclared", "inquiring"], [96, 3, 1])[0]


def a_household(chance: random.Random, year: int) -> list[Person]:
    size = chance.choice([1, 1, 2, 2, 3])
    people = [a_person(chance, year, insured=place > 0 or chance.random() < 0.85, head=place == 0) for place in range(size)]
    if not any(p.spans for p in people):
        people.append(a_person(chance, year, insured=True, head=False))
    if chance.random() < 0.5:
        _bring_to_a_limit(chance, people, year)
    return people


def _bring_to_a_limit(chance: random.Random, people: list[Person], year: int) -> None:
    """Give one member as much other income as brings the household, the levy base or the gross income to a limit or one yen beside it."""
    p = chance.choice(people)
    if p.stated is not None or p.other:
        return
    own = [incomes(member, year) for member in people]
    aim = chance.random()
    if aim < 0.6:
        insured = sum(1 for member in people if member.spans)
        earners = sum(member["is_earner"] for member in own)
        target = chance.choice(limits(year, insured, bool(people[0].spans), earners)) - sum(member["judging_income"] for member in own)
    elif aim < 0.9:
        target = chance.choice(BASES) + basic_deduction(0, year) - own[people.index(p)]["levy_income"]
    else:
        target = chance.choice(GROSS) - own[people.index(p)]["gross_income"]
    p.other = max(0, target + chance.choice([-1, 0, 0, 1]))


def as_case(people: list[Person], year: int, union: str = "13") -> PremiumCase:
    """The same household as a line of `./koki estimate premium`; an income being inquired is entered by the test itself."""
    members = [
        {
            "id": str(place),
            "born": p.born.isoformat(),
            "insured": [
                {"from": start.isoformat(), "until": until and until.isoformat(), "ground": "disability" if certified else "age"}
                for start, until, certified in p.spans
            ],
            "former_dependant_since": p.dependant_since and p.dependant_since.isoformat(),
            "income": {
                "status": "declared" if p.status == "inquiring" else p.status,
                "public_pension_receipts": p.pension,
                "salary_receipts": p.salary,
                "business_income": p.business,
                "other_income": p.other,
                "capital_gains": p.gains,
                "capital_gains_special_deduction": p.gains_special,
                "family_employee_deduction": p.family_deduction,
                "family_employee_salary_received": p.family_salary,
                "loss_carried_forward": p.loss,
                "total_income": p.stated,
            },
        }
        for place, p in enumerate(people)
    ]
    return PremiumCase.model_validate(
        {"case": 0, "union": union, "fiscal_year": year, "household": {"head": "0", "members": members}}, strict=False
    )


def the_cast(year: int) -> list[list[Person]]:
    """People at the limits that chance seldom meets, and one yen above them; most live alone."""

    def alone(**given: Any) -> Person:
        return Person(**{"born": date(1928, 12, 31), "spans": [(date(2008, 4, 1), None, False)], "head": True, **given})

    deduction, first, middle = basic_deduction(0, year), date(year, 4, 1), date(year, 9, 1)
    made = [alone(status=status, other=30_000_000) for status in ("declared", "inquiring", "undeclared")]
    made += [alone(pension=3_000_000, salary=3_000_000)]
    made += [alone(spans=[(date(2008, 4, 1), until, False)], other=9_000_000, dependant_since=first) for until in (None, middle)]
    for off in (0, 1):
        made += [alone(pension=amount + off) for amount in (800_000, 1_250_000)]
        made += [alone(salary=amount + off) for amount in (550_000, 650_000)]
        made += [alone(other=deduction + base + off) for base in (150_000, 200_000, 580_000)]
        made += [alone(other=gross + off) for gross in GROSS]
        made += [alone(pension=3_000_000, other=beside + off) for beside in (10_000_000, 20_000_000)]
    young = [alone(born=date(year - 60, 1, 2), spans=[], pension=600_000 + off) for off in (0, 1)]
    return [*([person] for person in made), *([person, alone(head=False)] for person in young)]
