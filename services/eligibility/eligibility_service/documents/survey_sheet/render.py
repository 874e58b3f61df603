# SPDX-License-Identifier: Apache-2.0
"""Survey sheets as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from eligibility_service.documents.survey_sheet.build import SurveySheetData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for survey sheets."""
    return Renderer(Path(__file__).parent)


def render_sheet(sheet: SurveySheetData) -> bytes:
    """One sheet, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("sheet.typ", build(sheet))
