"""What the law says about 時効, read for a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.law import flag, table, whole, word

from collection_service.law import law_book, provisional_parameters
from collection_service.rules.limitation import Effect, EffectTerms, LimitationEvent


@dataclass(frozen=True, slots=True)
class LimitationLaw:
    """時効の定め on a day: years, and what each event does. `provisional`: parameters that are not verified."""

    years: int
    effects: Mapping[LimitationEvent, EffectTerms]
    provisional: tuple[str, ...]


def limitation_law(on: date) -> LimitationLaw:
    """The limitation of claims on a day. ValueError where an event has no effect or two."""
    book = law_book()
    by_law = {word(row["event"]): EffectTerms(Effect.RENEWS, once=flag(row["once"])) for row in table(book["limitation_renewals"].on(on))}
    others = {
        word(row["event"]): EffectTerms(Effect(word(row["effect"])), whole(row["months"]))
        for row in table(book["limitation_effects"].on(on))
    }
    if by_law.keys() & others.keys() or by_law.keys() | others.keys() != set(LimitationEvent):
        raise ValueError(f"Each event must have one effect on the limitation: {sorted([*by_law, *others])}.")
    return LimitationLaw(
        years=whole(book["limitation_years"].on(on)),
        effects={LimitationEvent(name): terms for name, terms in (by_law | others).items()},
        provisional=provisional_parameters(("limitation_years", "limitation_renewals", "limitation_effects"), on, frozenset()),
    )
