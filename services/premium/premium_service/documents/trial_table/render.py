# SPDX-License-Identifier: Apache-2.0
"""Trial tables as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from premium_service.documents.trial_table.build import TrialTable, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for trial tables."""
    return Renderer(Path(__file__).parent)


def render_trial_table(table: TrialTable) -> bytes:
    """One trial. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(table))
