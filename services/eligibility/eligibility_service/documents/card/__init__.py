# SPDX-License-Identifier: Apache-2.0
"""被保険者証 and 資格確認書: the card alone for the card printer, and the letter that brings it."""

from eligibility_service.documents.card.build import CardData, CardKind, CardLetterData, build, build_letter, kind_on
from eligibility_service.documents.card.render import render_card, render_cards, render_letter, renderer, stocks

__all__ = [
    "CardData",
    "CardKind",
    "CardLetterData",
    "build",
    "build_letter",
    "kind_on",
    "render_card",
    "render_cards",
    "render_letter",
    "renderer",
    "stocks",
]
