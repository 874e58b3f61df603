# SPDX-License-Identifier: Apache-2.0
"""Letters about the ledger as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from eligibility_service.documents.ledger_letter.build import LetterData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for letters about the ledger."""
    return Renderer(Path(__file__).parent)


def render_letter(letter: LetterData) -> bytes:
    """One letter, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(letter))
