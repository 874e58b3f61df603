# SPDX-License-Identifier: Apache-2.0
"""Notices of refunds as PDF, read back before they are handed out."""

from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from collection_service.documents.refund_notice.build import RefundNotice, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for notices of refunds."""
    return Renderer(Path(__file__).parent)


def render_notice(notice: RefundNotice) -> bytes:
    """One notice, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(notice))
