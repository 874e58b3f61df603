# SPDX-License-Identifier: Apache-2.0
"""Letters about applications as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from premium_service.documents.application_letter.build import ApplicationLetter, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for these letters."""
    return Renderer(Path(__file__).parent)


def render_letter(letter: ApplicationLetter) -> bytes:
    """One letter, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(letter))
