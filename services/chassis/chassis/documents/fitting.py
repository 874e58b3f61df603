# SPDX-License-Identifier: Apache-2.0
"""Room on paper: a long name or address gets a smaller size or a further line; it is never cut.

Works with fonts of fixed pitch (BIZ UDGothic, BIZ UDMincho, IPAmj Mincho): a full-width character is 1 em wide, a half-width one 0.5 em,
so that the place of every line is known before typesetting and is the same on every machine.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.documents.fonts import SELECTOR, clusters
from chassis.documents.refusal import DocumentRefused

_UNBREAKABLE: Final = re.compile(rf"[0-9A-Za-z.,]+|[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+|.{SELECTOR.pattern}*", re.DOTALL)
_WORD: Final = re.compile(r"\S+|\s+")
_NEVER_FIRST: Final = frozenset("、。，．）」』】・ーぁぃぅぇぉっゃゅょァィゥェォッャュョヶ々")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text with its place on paper: `size` in points, `lines` in order, `font` the family that shows all of it."""

    lines: tuple[str, ...]
    size: float
    font: str

    def data(self) -> dict[str, object]:
        """The form in which templates take it."""
        return {"lines": list(self.lines), "size": self.size, "font": self.font}


class _Widths(dict[str, float]):
    """The width of a character in em, worked out once; what is neither surely narrow nor a mark without width counts as full."""

    def __missing__(self, character: str) -> float:
        without_width = SELECTOR.match(character) or unicodedata.combining(character)
        self[character] = 0.0 if without_width else 0.5 if unicodedata.east_asian_width(character) in ("Na", "H") else 1.0
        return self[character]


_WIDTHS: Final = _Widths()


def width(text: str) -> float:
    """The width of `text` in em."""
    return sum(map(_WIDTHS.__getitem__, text))


def fit(text: str, *, field: str, room: float, sizes: Sequence[tuple[float, int]], font: str) -> Fitted:
    """The largest of `sizes` (points, lines allowed) at which `text` stands in `room` points of width; a line of `text` begins a line.

    Raises `DocumentRefused` where even the last size has no room: a document never shows a part of a name.
    """
    for size, allowed in sizes:
        lines = [line for paragraph in text.splitlines() for line in _broken(paragraph, room / size)]
        if len(lines) <= allowed:
            return Fitted(tuple(lines), size, font)
    raise DocumentRefused("too_long", f"{len(text)}文字あり、欄に入りません。表記を短くするか、別紙にしてください。", field=field)


def _broken(text: str, ems: float) -> list[str]:
    """The lines of one paragraph: broken at its spaces where that costs no further line, else anywhere Japanese may be broken."""
    if width(text) <= ems:
        return [text]
    words, anywhere = _filled(_WORD.findall(text), ems), _filled(_pieces(text, ems), ems)
    return words if len(words) == len(anywhere) and all(width(word) <= ems for word in words) else anywhere


def _filled(pieces: list[str], ems: float) -> list[str]:
    lines = [""]
    for piece in pieces:
        if width(lines[-1] + piece) <= ems:
            lines[-1] += piece
        else:
            lines.append("" if piece.isspace() else piece)
    return [line for line in (line.strip() for line in lines) if line]


def _pieces(text: str, ems: float) -> list[str]:
    """What is not torn apart: a number, a word of letters, a character with its selector and the marks that may not begin a line."""
    pieces: list[str] = []
    for run in _UNBREAKABLE.findall(text):
        whole = [run] if len(run) > 1 and width(run) <= ems else clusters(run)
        for cluster in whole:
            if pieces and not pieces[-1].isspace() and cluster in _NEVER_FIRST and width(pieces[-1]) < ems:
                pieces[-1] += cluster
            else:
                pieces.append(cluster)
    return pieces
