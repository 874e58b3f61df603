"""医療分 and 子ども・子育て支援納付金分: the amounts of one part of the premium, from tiers and levy base to the amount charged."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from chassis.law import Rate

from premium_service.rules import annual_amount as annual
from premium_service.rules import income_levy, months
from premium_service.rules.cap import levy_cap
from premium_service.rules.columns import Codes, Households
from premium_service.rules.parameters import MEDICAL, Parameters, PartRates
from premium_service.rules.per_capita import reduced_per_capita

Columns = dict[str, npt.NDArray[Any]]

_NO_TIER, _TWO, _FIVE, _SEVEN, _SEVEN_LOW_PENSION, _NOT_CHARGED = range(6)
_CODE_OF_TIER = np.array([_NO_TIER, 0, _TWO, 0, 0, _FIVE, 0, _SEVEN], np.int16)


def assess_part(part: str, tier: Codes, members: Households, law: Parameters, out: Columns) -> None:
    """Fill the columns of one part (医療分 or 子ども・子育て支援納付金分); zeros in years that do not know the part."""
    rates = law.parts.get(part)
    if rates is None:
        for name in out:
            if name.startswith(f"{part}_"):
                out[name][:] = 0
        return
    own = {name.removeprefix(f"{part}_"): column for name, column in out.items() if name.startswith(f"{part}_")}
    area = members.rate_area
    shares = _shares(rates, law)
    flat = np.array([[value] * 5 + [0] for value in rates.per_capita], np.int64)
    left = np.array([[_reduced(value, share, law) for share in shares] + [0] for value in rates.per_capita], np.int64)
    ten_thousandths = np.array([_ten_thousandths(share) for share in shares] + [0], np.int16)
    own["per_capita"][:] = flat[0][tier] if len(flat) == 1 else flat[area, tier]
    own["per_capita_reduced"][:] = left[0][tier] if len(left) == 1 else left[area, tier]
    own["reduction"][:] = ten_thousandths[tier]
    _income_part(part, rates, members, law, out, own)
    own["cap"][:] = (
        levy_cap.on(law.fiscal_year.start)(
            cap=rates.cap, transition=law.cap_transition, born_on=members.born_on, by_disability=members.by_disability
        )
        if part == MEDICAL
        else rates.cap
    )
    year = own["per_capita_reduced"] + own["income_levy"]
    own["capped"][:] = year > own["cap"]
    own["year_amount"][:] = annual.year_amount(per_capita=own["per_capita_reduced"], income_levy=own["income_levy"], cap=own["cap"])
    own["yen_months"][:] = annual.yen_months(
        year_amount=own["year_amount"], months=out["months"], order=law.month_order, unit=law.annual_rounding
    )
    _dependants(rates, tier, members, law, shares, out, own)
    own["amount"][:] = annual.amount(yen_months=own["yen_months"], unit=law.annual_rounding)


def _income_part(part: str, rates: PartRates, members: Households, law: Parameters, out: Columns, own: Columns) -> None:
    charged = members.is_assessed & ~out["is_former_dependant"]
    lower = np.zeros(members.rows, np.bool_)
    if part == MEDICAL:
        lower = income_levy.takes_lower_rate.on(law.fiscal_year.start)(
            levy_base=out["levy_base"], rates=rates, small_base=law.transitional_rate_limit
        )
    levy, used = income_levy.full_income_levy(
        levy_base=out["levy_base"], rates=rates, area=members.rate_area, lower=lower, unit=law.component_rounding
    )
    levy *= charged
    cut = income_levy.income_levy_cut(levy=levy, levy_base=out["levy_base"], reductions=rates.levy_reductions, unit=law.component_rounding)
    own["income_rate"][:] = used
    own["income_levy_full"][:] = levy
    own["income_levy_cut"][:] = cut
    own["income_levy"][:] = levy - cut


def _dependants(
    rates: PartRates,
    tiers: Codes,
    members: Households,
    law: Parameters,
    shares: list[Rate],
    out: Columns,
    own: Columns,
) -> None:
    """Former dependants: for the months of their reduction the larger of it and the household's tier, no income part ever."""
    own["dependant_reduction"][:] = 0
    own["per_capita_dependant"][:] = 0
    rows = np.flatnonzero(out["is_former_dependant"] & (out["dependant_months"] > 0))
    if not len(rows):
        return
    tier = tiers[rows]
    normal = own["per_capita_reduced"][rows]
    total = normal * (out["months"][rows] - out["dependant_months"][rows])
    for span in law.dependant_spans:
        counted = months.dependant_months(
            acquired_on=members.acquired_on[rows],
            lost_on=members.lost_on[rows],
            since=members.former_dependant_since[rows],
            span=span,
            fiscal_year=law.fiscal_year,
        )
        better = [share if share.fraction > span.share.fraction else span.share for share in shares]
        left = np.array([[_reduced(value, share, law) for share in better] for value in rates.per_capita], np.int64)
        reduced = left[members.rate_area[rows], tier]
        share_used = np.array([_ten_thousandths(share) for share in better], np.int16)[tier]
        inside = counted > 0
        own["per_capita_dependant"][rows[inside]] = reduced[inside]
        own["dependant_reduction"][rows[inside]] = share_used[inside]
        if law.month_order == "floor_then_split":
            reduced = reduced // law.annual_rounding * law.annual_rounding
        total = total + reduced * counted
    own["yen_months"][rows] = total


def tier_codes(members: Households, out: Columns) -> Codes:
    """Rows of the little tables of shares: no tier, 2, 5, 7 tenths, 7 with low pensions only, and not charged at all."""
    codes = _CODE_OF_TIER[out["tier"]]
    if out["household_low_pension"].any():
        codes += (codes == _SEVEN) & out["household_low_pension"]
    return np.where(members.is_assessed, codes, np.int16(_NOT_CHARGED))


def _shares(rates: PartRates, law: Parameters) -> list[Rate]:
    return [Rate(0, 1), law.share_two, law.share_five, rates.seven_others, rates.seven_low_pension]


def _reduced(per_capita: int, share: Rate, law: Parameters) -> int:
    return reduced_per_capita(per_capita=per_capita, share=share, unit=law.component_rounding, mode=law.component_rounding_mode)


def _ten_thousandths(share: Rate) -> int:
    scaled = share.fraction * 10_000
    if scaled.denominator != 1:
        raise ValueError(f"The share {share} is finer than a ten-thousandth.")
    return scaled.numerator
