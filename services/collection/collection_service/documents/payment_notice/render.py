# SPDX-License-Identifier: Apache-2.0
"""Payment notices as PDF, read back before they are handed out."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from chassis.documents import Renderer

from collection_service.documents.payment_notice.build import NoticeData, build


@cache
def renderer() -> Renderer:
    """The one typesetter of this process for payment notices."""
    return Renderer(Path(__file__).parent)


def render_notice(notice: NoticeData) -> bytes:
    """One notice, tagged for screen readers. Raises `DocumentRefused`."""
    return renderer().release("template.typ", build(notice))


def render_notices(notices: Iterable[NoticeData], *, pages_per_file: int = 1000) -> Iterator[bytes]:
    """Print files of at most `pages_per_file` notices, each read back in full. Raises `DocumentRefused`."""
    return renderer().release_many("template.typ", map(build, notices), pages_per_file=pages_per_file)
