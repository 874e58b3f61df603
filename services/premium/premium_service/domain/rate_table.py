"""料率マスタ表: every figure of the law behind the premiums of a union and a fiscal year, with its source and how well it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.law import Rate, Value

from premium_service.law import national_law, union_law
from premium_service.rules.parameters import Parameters

Shown = int | str | bool | list["Shown"] | dict[str, "Shown"]


@dataclass(frozen=True)
class Figure:
    """One number or table: since when it holds, and whether it is provisional (暫定)."""

    name: str
    term: str
    value: Shown
    since: date
    law: str
    source: str
    confidence: str
    provisional: bool


def rate_table(law: Parameters) -> list[Figure]:
    """The union's own figures first, then those of the nation, by name."""
    made = []
    for name, citation in law.citations.items():
        book = union_law(law.union) if citation.name in union_law(law.union) else national_law()
        made.append(
            Figure(
                name=citation.name,
                term=citation.term,
                value=_shown(book[citation.name].on(citation.start)),
                since=citation.start,
                law=citation.law,
                source=citation.source,
                confidence=citation.confidence,
                provisional=law.provisional(name),
            )
        )
    return sorted(made, key=lambda figure: (not figure.name.startswith("union_"), figure.name))


def _shown(value: Value) -> Shown:
    """As people write it: a rate as a percentage, a day as YYYY-MM-DD."""
    if isinstance(value, Rate):
        return value.percent
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _shown(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_shown(item) for item in value]
    return value
