# SPDX-License-Identifier: Apache-2.0
"""Late charge sheets as PDF, read back before they are handed out."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from collection_service.documents.late_charge_sheet.build import LateChargeSheet, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for late charge sheets."""
    return Renderer(Path(__file__).parent)


def render_sheets(sheets: Sequence[LateChargeSheet]) -> bytes:
    """The sheets of one person in one file, each beginning on a page of its own. Raises `DocumentRefused`."""
    built = [build(sheet) for sheet in sheets]
    (pdf,) = renderer().release_many("template.typ", built, pages_per_file=sum(len(sheet.pages) for sheet in built))
    return pdf
