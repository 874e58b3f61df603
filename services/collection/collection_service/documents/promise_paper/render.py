# SPDX-License-Identifier: Apache-2.0
"""Papers of promises as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from collection_service.documents.print_file import TEMPLATE
from collection_service.documents.promise_paper.build import PromisePaper, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for papers of promises."""
    return Renderer(Path(__file__).parent)


def render_paper(paper: PromisePaper) -> bytes:
    """One paper, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release(TEMPLATE, build(paper))
