"""One print file of many letters, without those that cannot be printed."""

from __future__ import annotations

from chassis.documents import DocumentRefused, Renderer, Sheet


def print_file(renderer: Renderer, template: str, sheets: dict[int, Sheet]) -> tuple[bytes, dict[int, str]]:
    """The file of these sheets, in their order and read back in full, and who had to be left out of it (number → reason)."""
    refused: dict[int, str] = {}
    while left := [number for number in sheets if number not in refused]:
        try:
            pages = sum(len(sheets[number].pages) for number in left)
            (pdf,) = renderer.release_many(template, [sheets[number] for number in left], pages_per_file=pages)
            return pdf, refused
        except DocumentRefused as file_refused:
            found = _unreadable(renderer, template, sheets, left)
            if not found:
                raise RuntimeError("Each letter alone is in order, the file of all is not.") from file_refused
            refused |= found
    return b"", refused


def _unreadable(renderer: Renderer, template: str, sheets: dict[int, Sheet], numbers: list[int]) -> dict[int, str]:
    """Which letters spoil the file: each one is typeset and read back alone."""
    found = {}
    for number in numbers:
        try:
            renderer.release(template, sheets[number], tags=False)
        except DocumentRefused as refused:
            found[number] = str(refused)
    return found
