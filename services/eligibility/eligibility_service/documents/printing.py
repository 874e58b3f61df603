"""Certificates of the ledger on paper: one alone for the window, or a print file of many with the page of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.documents import DocumentRefused
from pydantic import ValidationError

from eligibility_service.documents.card import CardData, build, render_card, render_cards

CardFields = Mapping[str, Any]
"""The fields of one card, as `CardData` takes them."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF that was read back, and for each card in order its page (from 1) or why it was refused. No PDF where all were refused."""

    pdf: bytes | None
    pages: tuple[int | None, ...]
    refusals: tuple[str | None, ...]


Print = Callable[[Sequence[CardFields]], Printed]


def print_one(cards: Sequence[CardFields]) -> Printed:
    """A single card as a file of its own."""
    (fields,) = cards
    try:
        return Printed(render_card(CardData(**fields)), (1,), (None,))
    except (DocumentRefused, ValidationError) as error:
        return Printed(None, (None,), (_reason(error),))


def print_many(cards: Sequence[CardFields]) -> Printed:
    """One print file of up to 1,000 cards. A card that cannot be printed is left out with its reason; the others stand in their order."""
    refusals: list[str | None] = [None] * len(cards)
    wanted: dict[int, CardData] = {}
    for place, fields in enumerate(cards):
        try:
            wanted[place] = CardData(**fields)
            build(wanted[place])
        except (DocumentRefused, ValidationError) as error:
            refusals[place] = _reason(error)
            wanted.pop(place, None)
    pdf = None
    while wanted and pdf is None:
        try:
            (pdf,) = render_cards(list(wanted.values()), pages_per_file=len(wanted))
        except DocumentRefused as error:
            if error.page is None:
                raise
            place = list(wanted)[error.page - 1]
            refusals[place] = _reason(error)
            del wanted[place]
    pages = {place: page for page, place in enumerate(wanted, start=1)}
    return Printed(pdf, tuple(pages.get(place) for place in range(len(cards))), tuple(refusals))


def _reason(error: DocumentRefused | ValidationError) -> str:
    if isinstance(error, DocumentRefused):
        return str(error)
    return "、".join(str(found["msg"]).removeprefix("Value error, ") for found in error.errors(include_url=False, include_input=False))
