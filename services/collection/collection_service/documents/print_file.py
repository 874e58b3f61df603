"""印刷ファイル: many letters in one file, read back in full; what cannot be printed is left out with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chassis.documents import Renderer, Sheet, print_files

PAGES: Final = print_files.PAGES_A_FILE
TEMPLATE: Final = "template.typ"


def typeset(renderer: Renderer, sheets: Mapping[int, Sheet]) -> tuple[bytes, dict[int, str]]:
    """The one file of these sheets, in their order, and who had to be left out of it (number → reason); no bytes where nobody is left."""
    pages = max(1, sum(len(sheet.pages) for sheet in sheets.values()))
    files, refused = print_files.typeset(renderer, TEMPLATE, sheets, pages_per_file=pages)
    return (files[0].pdf if files else b""), refused
