"""What the law and a municipality say about 特別徴収, read for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.law import Dated, Value, flag, rate, table, whole, word

from collection_service.law import law_book, name_for
from collection_service.rules.collection_method import SpecialCollectionTerms
from collection_service.rules.pensions import PensionKind, StartWindow
from collection_service.rules.special_instalments import Levelling

NAMES = (
    "special_collection_smallest_pension",
    "special_collection_largest_share",
    "special_collection_needs_own_care",
    "special_start_windows",
    "pension_priority",
    "special_levelling",
    "special_instalment_rounding",
    "pension_pay_day",
)


@dataclass(frozen=True, slots=True)
class SpecialCollectionLaw:
    """特別徴収の定め of a municipality on a day. `ranks` by `PensionKind`; `rounding` of the payments in yen; `pay_day`: day of an even
    month on which pensions are paid; `provisional`: parameters that are not verified."""

    terms: SpecialCollectionTerms
    ranks: tuple[int, ...]
    levelling: Levelling
    rounding: int
    pay_day: int
    provisional: tuple[str, ...]


def special_collection_law(municipality_code: str, on: date) -> SpecialCollectionLaw:
    """What holds for a municipality on a day. ValueError where the order of pensions leaves out or repeats a kind."""
    found = [law_book()[name_for(municipality_code, name)] for name in NAMES]
    smallest, share, own_care, windows, priority, levelling, rounding, pay_day = (dated.on(on) for dated in found)
    return SpecialCollectionLaw(
        terms=SpecialCollectionTerms(
            smallest_pension=whole(smallest),
            largest_share=rate(share),
            needs_own_care=flag(own_care),
            windows=tuple(
                StartWindow(whole(row["until_month"]), whole(row["until_day"]), whole(row["start_month"])) for row in table(windows)
            ),
        ),
        ranks=_ranks(priority),
        levelling=Levelling(word(levelling)),
        rounding=whole(rounding),
        pay_day=whole(pay_day),
        provisional=_provisional(found, on),
    )


def _ranks(priority: Value) -> tuple[int, ...]:
    order = [PensionKind[word(row["kind"]).upper()] for row in table(priority)]
    if sorted(order) != sorted(PensionKind):
        raise ValueError(f"The order of pensions must name each kind once: {[kind.name for kind in order]}.")
    return tuple(order.index(kind) for kind in PensionKind)


def _provisional(found: list[Dated[Value]], on: date) -> tuple[str, ...]:
    return tuple(sorted(dated.name for dated in found if dated.provisional_on(on)))
