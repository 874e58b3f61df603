# SPDX-License-Identifier: Apache-2.0
"""簡易申告書 as PDF, read back before it is handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from premium_service.documents.simple_declaration.build import DeclarationSheet, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for these sheets."""
    return Renderer(Path(__file__).parent)


def render_sheet(sheet: DeclarationSheet) -> bytes:
    """One sheet, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(sheet))
