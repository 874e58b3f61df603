# SPDX-License-Identifier: Apache-2.0
"""Calculation sheets as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from premium_service.documents.calculation_sheet.build import CalculationSheetData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for calculation sheets."""
    return Renderer(Path(__file__).parent)


def render_sheet(sheet: CalculationSheetData) -> bytes:
    """One sheet, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(sheet))
