# SPDX-License-Identifier: Apache-2.0
"""The notice of a changed copay rate as PDF, read back before it is handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from eligibility_service.documents.copay_notice.build import CopayNoticeData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for these notices."""
    return Renderer(Path(__file__).parent)


def render_notice(notice: CopayNoticeData) -> bytes:
    """One notice, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(notice))
