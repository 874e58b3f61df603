"""The rules against a second derivation from the law, for random households of every year since 2008 (E-27, I-22)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

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


LAST_DAY = date(2027, 7, 31)
DAYS = sorted(
    {day + timedelta(days=off) for day in LAW_DAYS for off in (-1, 0)}
    | {date(year, 8, 1) for year in range(2008, 2027)}
    | {date(year, 7, 31) for year in range(2008, 2028)}
)  # the first and the last day of each copay year, and of each version of the law


def answers_of(households: list[list[Person]], on: date) -> list[tuple[int, str | None]]:
    """Rate and limit class of the first insured person of each household, by the rules."""
    found = []
    for people, answer in zip(households, answer_copay_rates([as_case(people, on) for people in households], Asked()), strict=True):
        assert isinstance(answer, CopayAnswer), (people, answer)
        found.append((answer.rate, answer.persons[0].limit_class))
    return found


@pytest.mark.parametrize("on", DAYS[1:])  # before the first there is no rate
def test_rate_and_class_are_those_of_the_second_derivation(on: date) -> None:
    chance = random.Random(on.toordinal())
    households = [a_household(chance, on) for _ in range(300)]

    for people, found in zip(households, answers_of(households, on), strict=True):
        assert found == rate_and_class(people, on), people


def test_every_rule_of_the_copay_rate_has_one_version_on_every_day() -> None:
    names = [name for name in RULES if name.startswith("copay_")]
    assert len(names) == 6
    assert [fault for name in names for fault in calendar_faults(RULES[name], start=date(2008, 4, 1), end=date(2028, 8, 1))] == []


def person(**given: Any) -> Person:
    """Somebody insured of whom nothing exempts from three tenths but what is given."""
    usual: dict[str, Any] = {
        "born": date(1930, 1, 1), "insured": True, "taxable": 0, "pension": 0, "other": 0, "after_deduction": 9_000_000,
        "receipts": 9_000_000, "head": False, "under_16": 0, "from_16": 0, "taxed": True, "welfare": False,
    }  # fmt: skip
    return Person(**{**usual, **given})


def seventies(on: date, **given: Any) -> Person:
    return person(insured=False, born=date(on.year - 72, 1, 1), **given)


Turning = tuple[str, date, date, int, Callable[[int, date], list[Person]]]
ALWAYS, LATE = date(2008, 4, 1), date(2015, 1, 1)
TURNS: list[Turning] = [
    # what turns, from when, until when, the first amount on the other side, the household with that amount
    ("課税所得145万円", ALWAYS, LAST_DAY, 1_450_000, lambda n, on: [person(taxable=n)]),
    ("基準収入額383万円", ALWAYS, LAST_DAY, 3_830_000, lambda n, on: [person(taxable=2_000_000, receipts=n)]),
    ("基準収入額520万円", ALWAYS, LAST_DAY, 5_200_000,
     lambda n, on: [person(taxable=2_000_000, receipts=n - 900_000), person(receipts=900_000)]),
    ("基準収入額520万円（70～74歳）", date(2009, 1, 1), LAST_DAY, 5_200_000,
     lambda n, on: [person(taxable=2_000_000, receipts=4_000_000), seventies(on, receipts=n - 4_000_000)]),
    ("調整控除（16歳未満）", date(2012, 8, 1), LAST_DAY, 1_780_000, lambda n, on: [person(taxable=n, head=True, under_16=1)]),
    ("調整控除（16～18歳）", date(2012, 8, 1), LAST_DAY, 1_570_000, lambda n, on: [person(taxable=n, head=True, from_16=1)]),
    ("所得210万円", LATE, LAST_DAY, 2_100_001,
     lambda n, on: [person(taxable=2_000_000, born=date(1945, 1, 2), after_deduction=n - 100_000), person(after_deduction=100_000)]),
    ("現役並みⅡ", date(2018, 8, 1), LAST_DAY, 3_800_000, lambda n, on: [person(taxable=n)]),
    ("現役並みⅢ", date(2018, 8, 1), LAST_DAY, 6_900_000, lambda n, on: [person(taxable=n)]),
    ("2割の課税所得28万円", date(2022, 10, 1), LAST_DAY, 280_000, lambda n, on: [person(taxable=n, pension=2_500_000)]),
    ("2割の年金等200万円", date(2022, 10, 1), LAST_DAY, 2_000_000, lambda n, on: [person(taxable=300_000, pension=n - 1, other=1)]),
    ("2割の年金等320万円", date(2022, 10, 1), LAST_DAY, 3_200_000,
     lambda n, on: [person(taxable=300_000, pension=n - 1_200_000), person(pension=1_000_000, other=200_000)]),
    ("低所得Ⅰの年金80万円", ALWAYS, date(2025, 7, 31), 800_001, lambda n, on: [person(taxed=False, pension=n)]),
    ("低所得Ⅰの年金80万6,700円", date(2025, 8, 1), date(2026, 7, 31), 806_701, lambda n, on: [person(taxed=False, pension=n)]),
    ("低所得Ⅰの年金82万6,500円", date(2026, 8, 1), LAST_DAY, 826_501, lambda n, on: [person(taxed=False, pension=n)]),
]  # fmt: skip
VERSION_DAYS = sorted({*LAW_DAYS, *(day - timedelta(days=1) for day in LAW_DAYS[1:]), LAST_DAY})
"""The first and the last day of each version of the law."""


@pytest.mark.parametrize(
    ("turning", "on"),
    [(turning, on) for turning in TURNS for on in VERSION_DAYS if turning[1] <= on <= turning[2]],
    ids=lambda given: given.isoformat() if isinstance(given, date) else given[0],
)
def test_rate_or_class_turns_at_each_threshold_to_the_yen_in_every_version_of_the_law(turning: Turning, on: date) -> None:
    """I-22 (Okayama: 22 people underpaid): one yen below a threshold, at it, one yen above, on the first and last day of each version."""
    *_, limit, household = turning
    households = [household(limit + off, on) for off in (-1, 0, 1)]
    below, at, above = answers_of(households, on)

    assert (below != at, at) == (True, above)
    assert [below, at, above] == [rate_and_class(people, on) for people in households]


@pytest.mark.parametrize("on", [day for day in VERSION_DAYS if day >= LATE])
def test_the_test_of_210_is_opened_by_a_birth_from_2_january_1945_on_of_somebody_insured(on: date) -> None:
    def rate(born: date, *, insured: bool = True) -> int:
        other = person(born=born, insured=insured, after_deduction=0)
        return answers_of([[person(taxable=2_000_000, after_deduction=100_000), other]], on)[0][0]

    births = date(1945, 1, 1), date(1945, 1, 2), date(1945, 1, 3)
    assert [rate(born) for born in births] == [30, 10, 10]
    assert [rate(born, insured=False) for born in births] == [30, 30, 30]


@pytest.mark.parametrize(
    ("born", "on", "counts"),
    [
        (date(1952, 10, 1), date(2022, 10, 1), True),  # 70 on the last of September: counts from October
        (date(1952, 10, 2), date(2022, 10, 1), False),
        (date(1952, 10, 2), date(2022, 11, 1), True),
        (date(1947, 10, 2), date(2022, 10, 1), True),  # 75 tomorrow
        (date(1947, 10, 1), date(2022, 10, 1), False),
        (date(1947, 9, 30), date(2022, 10, 1), False),
    ],
)
def test_a_member_counts_from_the_month_after_70_to_the_day_before_75(born: date, on: date, *, counts: bool) -> None:
    member = person(insured=False, born=born, receipts=0)
    found = answers_of([[person(taxable=2_000_000, receipts=4_000_000), member]], on)
    assert found[0][0] == (10 if counts else 30)
