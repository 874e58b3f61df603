"""名簿: what every list of people on paper and in a spreadsheet has in common. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PDF: Final = "pdf"
ROWS_A_PAGE: Final = 26
PAGES_A_VOLUME: Final = 300
STRUCK: Final = "cancelled"
"""The column that says of a row that what it tells was cancelled: it is shown struck."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the frame, its Japanese head, its width on paper (points), and whether it is shown in the fonts for names."""

    name: str
    term: str
    width: float
    is_name: bool = False
