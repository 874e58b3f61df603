"""影響の表: lines of effects as JSON, in the words in which people read them."""

from __future__ import annotations

from typing import Any

from premium_service.rules import effects
from premium_service.rules.parameters import Parameters
from premium_service.rules.profiles import Profiles


def provisional_terms(law: Parameters) -> list[str]:
    """The terms of the law's figures that are provisional, in order."""
    return sorted(citation.term for name, citation in law.citations.items() if law.provisional(name))


def effect_tables(people: Profiles, before: Any, after: Any) -> dict[str, Any]:
    """Effects on everybody: in one line, by band of the levy base, by tier and by municipality."""
    of_code = effects.TIER_OF_CODE[people.columns["tier"]]
    return {
        "whole": effect(effects.whole(people.count, before, after), "全体"),
        "bands": [
            effect(found, band_term(found.name)) for found in effects.by_band(people.columns["levy_base"], people.count, before, after)
        ],
        "tiers": [effect(found, tier_term(found.name)) for found in effects.by_tier(of_code, people.count, before, after)],
        "municipalities": [
            effect(found, found.name or "（表による）")
            for found in effects.by_group(people.group, people.groups, before[people.index], after[people.index])
        ],
    }


def band_term(name: str) -> str:
    """30万円超58万円以下 for a number of a band of the levy base."""
    number = int(name)
    if number == 0:
        return "0円"
    over = f"{effects.BANDS[number - 1] // 10_000:,}万円超"
    return over if number == len(effects.BANDS) else f"{over if number > 1 else ''}{effects.BANDS[number] // 10_000:,}万円以下"


def tier_term(name: str) -> str:
    """7割軽減 for a tier (tenths)."""
    return f"{name}割軽減" if name != "0" else "軽減なし"


def effect(of: effects.Effect, term: str) -> dict[str, Any]:
    """A line of a table of effects as JSON."""
    average_before, average_after = of.average
    return {
        "name": of.name,
        "term": term,
        "people": of.people,
        "before": of.before,
        "after": of.after,
        "difference": of.difference,
        "average_before": average_before,
        "average_after": average_after,
        "up": of.up,
        "down": of.down,
    }
