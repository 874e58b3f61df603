# SPDX-License-Identifier: Apache-2.0
"""Letters about arrears as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from collection_service.documents.arrears_letter.build import ArrearsLetter, build
from collection_service.documents.print_file import TEMPLATE


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for letters about arrears."""
    return Renderer(Path(__file__).parent)


def render_letter(letter: ArrearsLetter) -> bytes:
    """One letter, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release(TEMPLATE, build(letter))
