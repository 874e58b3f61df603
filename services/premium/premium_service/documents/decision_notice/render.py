# SPDX-License-Identifier: Apache-2.0
"""Decision notices as PDF, read back before they are handed out."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from premium_service.documents.decision_notice.build import DecisionNoticeData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for decision notices."""
    return Renderer(Path(__file__).parent)


def render_notice(notice: DecisionNoticeData) -> bytes:
    """One notice, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(notice))


def render_notices(notices: Iterable[DecisionNoticeData], *, pages_per_file: int = 1000) -> Iterator[bytes]:
    """Print files of at most `pages_per_file` pages, each read back in full. Raises `DocumentRefused`."""
    return renderer().release_many("template.typ", map(build, notices), pages_per_file=pages_per_file)
