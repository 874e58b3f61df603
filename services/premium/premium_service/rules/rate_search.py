"""所得割率の試算: the lowest income rate with which the premiums of a population bring in what is needed, the cap taken into account.

People over the cap pay less than their income would make it, so the rate has to rise until the totals fit; it is found on the grid of the
rates that an ordinance can name, and the next lower one is shown not to be enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from chassis.law import Rate

from premium_service.rules.parameters import Parameters
from premium_service.rules.profiles import Profiles, assess_profiles, with_rates
from premium_service.rules.rate_setting import Budget


class Unreachable(ValueError):
    """No income rate brings in what is needed: everybody is at the cap before."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the population for the year it is of. Yen, but `*_months` in yen x months, not yet divided by twelve.

    `amount` is what people are charged; `reduction_months` and `cut_months` what the reductions of the flat amount and of the income part
    take off; `over_cap_months` what the cap takes off; `rounded_months` what the floors of the annual amount take off.
    """

    amount: int
    reduction_months: int
    cut_months: int
    over_cap_months: int
    rounded_months: int
    capped: int

    @property
    def levied_months(self) -> int:
        """What counts towards 賦課総額: what people are charged and what public money pays for them."""
        return self.amount * 12 + self.reduction_months + self.cut_months


@dataclass(frozen=True, slots=True)
class Attempt:
    """A rate that was tried: its totals, and whether it is enough."""

    rate: Rate
    totals: Totals
    enough: bool


def totals(profiles: Profiles, law: Parameters, part: str) -> Totals:
    """Sums of one part over everybody."""
    amount = reduction = cut = over = rounded = capped = 0
    for here, out in assess_profiles(profiles, law, part):
        count, months = profiles.count[here], out["months"].astype(np.int64)
        flat_left = out["per_capita_reduced"] * months
        dated = out["dependant_months"] > 0
        flat_left[dated] = out["yen_months"][dated]
        year = out["per_capita_reduced"] + out["income_levy"]
        amount += int((count * out["amount"]).sum())
        reduction += int((count * (out["per_capita"] * months - flat_left)).sum())
        cut += int((count * out["income_levy_cut"] * months).sum())
        over += int((count * np.maximum(year - out["cap"], 0) * months).sum())
        rounded += int((count * (out["yen_months"] - out["amount"] * 12)).sum())
        capped += int(count[out["capped"]].sum())
    return Totals(amount, reduction, cut, over, rounded, capped)


def find_income_rate(
    profiles: Profiles, law: Parameters, part: str, budget: Budget, *, step: Rate, cap: int | None = None
) -> tuple[Rate, list[Attempt]]:
    """The lowest rate on the grid of `step` with which `budget` is covered, and every rate that was tried.

    The population stands for the period: what it brings in is scaled from its person-years to those that the union expects.
    """
    attempts: dict[int, Attempt] = {}

    def enough(grid: int) -> bool:
        if grid not in attempts:
            rate = Rate(grid * step.numerator, step.denominator)
            sums = totals(profiles, with_rates(law, part, per_capita=budget.per_capita, income_rate=rate, cap=cap), part)
            covers = sums.levied_months * budget.insured >= budget.levy_total * profiles.person_months
            attempts[grid] = Attempt(rate, sums, covers)
        return attempts[grid].enough

    largest, reach = step.denominator // step.numerator, 1
    low = high = min(_without_cap(profiles, budget, step), largest)
    while not enough(high):
        if high == largest:
            raise Unreachable(f"Even {largest} steps of {step} do not cover {budget.levy_total} yen.")
        low, high, reach = high, min(high + reach, largest), reach * 2
    while low >= 0 and enough(low):
        high, low, reach = low, max(low - reach, 0) if low else -1, reach * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    found = attempts[high]
    return found.rate, list(attempts.values())


def _without_cap(profiles: Profiles, budget: Budget, step: Rate) -> int:
    """所得割総額 by the levy bases: the rate, in whole steps, if nobody reached the cap."""
    charged = ~profiles.columns["is_former_dependant"]
    bases = int((profiles.count * profiles.columns["levy_base"] * profiles.columns["months"] * charged).sum())
    if not bases:
        return 0
    return budget.income_total * profiles.person_months * step.denominator // (bases * budget.insured * step.numerator)
