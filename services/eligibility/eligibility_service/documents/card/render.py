# SPDX-License-Identifier: Apache-2.0
"""Cards and their letters as PDF, each read back before it is handed out."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from chassis.documents import Renderer, Sheet

from eligibility_service.documents.card.build import CardData, CardLetterData, build, build_letter, form_of


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for cards."""
    return Renderer(Path(__file__).parent)


def render_card(card: CardData) -> bytes:
    """One card on a page of its own. Raises `DocumentRefused`."""
    return renderer().release("card.typ", build(card))


def render_cards(cards: Sequence[CardData], *, pages_per_file: int = 1000) -> Iterator[bytes]:
    """Print files of at most `pages_per_file` cards, in the order given, each read back in full. Raises `DocumentRefused`."""
    return renderer().release_many("card.typ", map(build, cards), pages_per_file=pages_per_file, common={"stocks": stocks(cards)})


def stocks(cards: Sequence[CardData]) -> dict[str, list[int]]:
    """The empty forms that these cards need, as the bytes of a PDF each: laid under every page, stored once in a file.

    Half of the work and of the size of a print file would otherwise be labels that are the same on every page.
    """
    forms = {form["name"]: form for form in map(form_of, cards)}
    return {
        name: list(
            renderer().release("stock.typ", Sheet(form, ((("表題", form["title"]), ("保険者の名称", form["insurer_name"])),)), tags=False)
        )
        for name, form in forms.items()
    }


def render_letter(letter: CardLetterData) -> bytes:
    """The letter on A4 with the card to cut out, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("letter.typ", build_letter(letter))
