# SPDX-License-Identifier: Apache-2.0
"""Letters about a delivery address as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from eligibility_service.documents.delivery_letter.build import DeliveryLetterData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for these letters."""
    return Renderer(Path(__file__).parent)


def render_letter(letter: DeliveryLetterData) -> bytes:
    """One letter, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("letter.typ", build(letter))
