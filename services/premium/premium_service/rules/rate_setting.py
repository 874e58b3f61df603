"""保険料率の算定: from the costs and incomes that a union expects to the amount that premiums must bring in.

The order is that of the decree: necessary amount = costs less incomes of the period; 賦課総額 = necessary amount by the expected
collection rate; the flat and the income part of it stand as 1 to the income coefficient. Yen; every rounding is to a whole yen. What the
reductions of the flat amount by law take off is paid from public money (保険基盤安定) and so does not raise the rates of others.
Law: 高齢者の医療の確保に関する法律 第104条, 施行令 第18条.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.law import Rate, round_up

COST, INCOME = "cost", "income"
ARTICLE = "高齢者の医療の確保に関する法律施行令 第18条"


@dataclass(frozen=True, slots=True)
class Shares:
    """Who bears the cost of benefits in one fiscal year, by law."""

    burden_rate: Rate
    national: Rate
    adjustment: Rate
    prefecture: Rate
    municipality: Rate
    support_public: Rate
    high_cost_national: Rate
    high_cost_prefecture: Rate


@dataclass(frozen=True, slots=True)
class YearEstimate:
    """What a union expects of one fiscal year (yen, persons on the average of the year).

    `benefits`: 負担対象額, the cost of benefits less copayment and less `high_income_benefits`; those are 特定費用, of people who pay
    three tenths. `adjustment_grant` None: the average of all unions. `costs` and `incomes`: what no formula gives, by name.
    """

    fiscal_year: int
    insured: int
    benefits: int
    high_income_benefits: int
    high_cost_base: int
    adjustment_grant: int | None
    costs: tuple[tuple[str, int], ...]
    incomes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A cost or an income of a fiscal year; `rate` where it is a share of an amount."""

    fiscal_year: int
    side: str
    name: str
    amount: int
    of: int | None = None
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What the premiums of a period must bring in. `insured`: person-years of the period."""

    lines: tuple[Line, ...]
    necessary: int
    levy_total: int
    flat_total: int
    income_total: int
    insured: int
    per_capita: int


def lines_of(estimate: YearEstimate, shares: Shares) -> list[Line]:
    """Costs and incomes of one fiscal year, with the shares that the law gives. A fraction of a yen of a share is dropped."""
    year, benefits, high = estimate.fiscal_year, estimate.benefits, estimate.high_income_benefits
    rest = shares.burden_rate.complement
    supported = Rate(
        rest.numerator * shares.support_public.denominator - shares.support_public.numerator * rest.denominator,
        rest.denominator * shares.support_public.denominator,
    )
    found = [Line(year, COST, "benefits", benefits), Line(year, COST, "high_income_benefits", high)]
    found += [Line(year, COST, name, amount) for name, amount in estimate.costs]

    def share(name: str, of: int, rate: Rate) -> Line:
        return Line(year, INCOME, name, rate.of(of), of, rate)

    found += [share("national", benefits, shares.national)]
    if estimate.adjustment_grant is None:
        found += [share("adjustment", benefits, shares.adjustment)]
    else:
        found += [Line(year, INCOME, "adjustment", estimate.adjustment_grant)]
    found += [share("prefecture", benefits, shares.prefecture), share("municipality", benefits, shares.municipality)]
    if estimate.high_cost_base:
        found += [share("high_cost_national", estimate.high_cost_base, shares.high_cost_national)]
        found += [share("high_cost_prefecture", estimate.high_cost_base, shares.high_cost_prefecture)]
    found += [share("support_grant", benefits, supported), share("support_grant_high_income", high, rest)]
    found += [Line(year, INCOME, name, amount) for name, amount in estimate.incomes]
    return found


def budget_of(
    lines: Sequence[Line], *, insured: int, collection_rate: Rate, income_coefficient: Rate, per_capita_unit: int, fixed_flat: int | None
) -> Budget:
    """From costs and incomes of a period to the flat amount of one person.

    `fixed_flat`: a flat amount that is given instead of computed; the income part then takes the rest. ValueError where incomes cover
    the costs already, or the given flat amount alone is more than is needed.
    """
    necessary = sum(line.amount if line.side == COST else -line.amount for line in lines)
    if necessary <= 0:
        raise ValueError("nothing_needed")
    levy_total = -(-necessary * collection_rate.denominator // collection_rate.numerator)
    if fixed_flat is None:
        parts = income_coefficient.numerator + income_coefficient.denominator
        flat_total = levy_total * income_coefficient.denominator // parts
        per_capita = round_up(-(-flat_total // insured), to=per_capita_unit, law=ARTICLE)
    else:
        per_capita, flat_total = fixed_flat, fixed_flat * insured
    if flat_total > levy_total:
        raise ValueError("flat_exceeds_total")
    return Budget(tuple(lines), necessary, levy_total, flat_total, levy_total - flat_total, insured, per_capita)
