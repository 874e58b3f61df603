"""印刷ファイル: many sheets in one file, read back in full; what cannot be printed is left out with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chassis.documents import DocumentRefused, Renderer, Sheet

PAGES: Final = 1_000
TEMPLATE: Final = "template.typ"


def typeset(renderer: Renderer, sheets: Mapping[int, Sheet]) -> tuple[bytes, dict[int, str]]:
    """The file of these sheets, in their order, and who had to be left out of it (number → reason)."""
    refused: dict[int, str] = {}
    while left := [number for number in sheets if number not in refused]:
        try:
            pages = sum(len(sheets[number].pages) for number in left)
            (pdf,) = renderer.release_many(TEMPLATE, [sheets[number] for number in left], pages_per_file=pages)
            return pdf, refused
        except DocumentRefused as file_refused:
            found = _unreadable(renderer, sheets, left)
            if not found:
                raise RuntimeError("Each sheet alone is in order, the file of all is not.") from file_refused
            refused |= found
    return b"", refused


def _unreadable(renderer: Renderer, sheets: Mapping[int, Sheet], numbers: list[int]) -> dict[int, str]:
    """Which sheets spoil the file: each one is typeset and read back alone."""
    found = {}
    for number in numbers:
        try:
            renderer.release(TEMPLATE, sheets[number], tags=False)
        except DocumentRefused as refused:
            found[number] = str(refused)
    return found
