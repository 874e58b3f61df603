"""The rules against a second derivation from the law, for random households of every year since 2008 (E-27, I-22)."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from chassis.json_lines import Asked
from chassis.law import RULES, calendar_faults
from eligibility_service.estimate.copay import answer_copay_rates
from eligibility_service.estimate.copay_case import CopayAnswer, CopayCase, CopayMember

from services.eligibility.tests.rules.oracle_copay import Person, rate_and_class

LAW_DAYS = [
    date(2008, 4, 1), date(2009, 1, 1), date(2012, 8, 1), date(2015, 1, 1), date(2018, 8, 1), date(2022, 1, 1), date(2022, 10, 1),
    date(2025, 8, 1), date(2026, 8, 1),
]  # fmt: skip
EDGES = {
    "taxable": [0, 280_000, 1_450_000, 1_780_000, 3_800_000, 6_900_000],
    "pension": [0, 800_000, 806_700, 826_500, 2_000_000, 3_200_000],
    "other": [0, 0, 0, 1, 500_000],
    "after_deduction": [0, 1_050_000, 2_100_000, 4_000_000],
    "receipts": [0, 1_370_000, 2_600_000, 3_830_000, 5_200_000],
}


def a_person(chance: random.Random, on: date, *, insured: bool) -> Person:
    def near(name: str) -> int:
        return max(0, chance.choice(EDGES[name]) + chance.choice([-1, 0, 0, 1]))

    first = on.replace(day=1)
    elders = [date(1945, 1, 1), date(1945, 1, 2), date(1930, 5, 5), date(1940, 2, 29)]
    others = [first.replace(year=on.year - 70), date(on.year - 70, 1, 15), date(on.year - 74, 12, 1), date(on.year - 50, 3, 3)]
    born = chance.choice(elders if insured else others)
    return Person(
        born=born + timedelta(days=chance.choice([-1, 0, 1])),
        insured=insured,
        taxable=near("taxable"),
        pension=near("pension"),
        other=chance.choice(EDGES["other"]),
        after_deduction=near("after_deduction"),
        receipts=near("receipts") if chance.random() < 0.8 else None,
        head=chance.random() < 0.6,
        under_16=chance.choice([0, 0, 1, 2]),
        from_16=chance.choice([0, 0, 1]),
        taxed=False,
        welfare=chance.random() < 0.05,
    )


def a_household(chance: random.Random, on: date) -> list[Person]:
    people = [a_person(chance, on, insured=True) for _ in range(chance.choice([1, 1, 2, 3]))]
    people += [a_person(chance, on, insured=False) for _ in range(chance.choice([0, 0, 1, 2]))]
    for person in people:
        person.taxed = person.taxable > 0 or chance.random() < 0.3
    return people


def as_case(people: list[Person], on: date) -> CopayCase:
    members = tuple(
        CopayMember(
            id=str(place),
            born=p.born,
            insured=p.insured,
            taxable_income=p.taxable,
            pension_receipts=p.pension,
            other_income=p.other,
            income_after_basic_deduction=p.after_deduction,
            receipts_total=p.receipts,
            dependants_under_16=p.under_16,
            dependants_16_18=p.from_16,
            is_head=p.head,
            taxed=p.taxed,
            welfare_pension=p.welfare,
        )
        for place, p in enumerate(people)
    )
    return CopayCase(case=0, on=on, members=members)


DAYS = sorted({day + timedelta(days=off) for day in LAW_DAYS for off in (-1, 0)} | {date(y, 8, 1) for y in range(2008, 2027)})


@pytest.mark.parametrize("on", DAYS[1:])  # before the first there is no rate
def test_rate_and_class_are_those_of_the_second_derivation(on: date) -> None:
    chance = random.Random(on.toordinal())
    households = [a_household(chance, on) for _ in range(400)]
    answers = answer_copay_rates([as_case(people, on) for people in households], Asked())
    for people, answer in zip(households, answers, strict=True):
        assert isinstance(answer, CopayAnswer), (people, answer)
        assert (answer.rate, answer.persons[0].limit_class) == rate_and_class(people, on), people


def test_every_rule_of_the_copay_rate_has_one_version_on_every_day() -> None:
    names = [name for name in RULES if name.startswith("copay_")]
    assert len(names) == 6
    assert [fault for name in names for fault in calendar_faults(RULES[name], start=date(2008, 4, 1), end=date(2028, 8, 1))] == []


THRESHOLDS = [
    # day, what varies, at and above, rate below, rate from it on
    (date(2008, 4, 1), "taxable_income", 1_450_000, 10, 30),
    (date(2009, 1, 1), "taxable_income", 1_450_000, 10, 30),
    (date(2015, 1, 1), "taxable_income", 1_450_000, 10, 30),
    (date(2022, 10, 1), "taxable_income", 280_000, 10, 20),
    (date(2022, 10, 1), "taxable_income", 1_450_000, 20, 30),
    (date(2022, 9, 30), "receipts_total", 3_830_000, 10, 30),
    (date(2022, 10, 1), "receipts_total", 3_830_000, 20, 30),
    (date(2022, 10, 1), "pension_receipts", 2_000_000, 10, 20),
]


@pytest.mark.parametrize(("on", "name", "limit", "below", "above"), THRESHOLDS)
def test_a_rate_turns_at_each_threshold_to_the_yen(on: date, name: str, limit: int, below: int, above: int) -> None:
    """I-22 (Okayama: 22 people underpaid): each boundary, one yen below, at it, one yen above, in every version of the law."""
    base = {"taxable_income": 300_000 if name == "pension_receipts" else 2_000_000, "pension_receipts": 2_500_000, "other_income": 0}
    if name != "receipts_total":
        base["receipts_total"] = 9_000_000
    cases = [
        CopayCase(case=0, on=on, members=(CopayMember(id="a", born=date(1930, 1, 1), insured=True, **{**base, name: limit + off}),))
        for off in (-1, 0, 1)
    ]
    rates = [answer.rate for answer in answer_copay_rates(cases, Asked()) if isinstance(answer, CopayAnswer)]
    assert rates == [below, above, above]
    assert [a != b for a, b in pairwise(rates)] == [True, False]
