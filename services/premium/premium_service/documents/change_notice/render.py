# SPDX-License-Identifier: Apache-2.0
"""Notices of change as PDF, read back before they are handed out."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from premium_service.documents.change_notice.build import ChangeNoticeData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for notices of change."""
    return Renderer(Path(__file__).parent)


def render_notice(notice: ChangeNoticeData) -> bytes:
    """One notice, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(notice))


def render_notices(notices: Iterable[ChangeNoticeData], *, pages_per_file: int = 1000) -> Iterator[bytes]:
    """Print files of at most `pages_per_file` pages, each read back in full. Raises `DocumentRefused`."""
    return renderer().release_many("template.typ", map(build, notices), pages_per_file=pages_per_file)
