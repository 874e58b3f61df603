# SPDX-License-Identifier: Apache-2.0
"""Reading a finished PDF back, glyph by glyph, before anybody may have it.

Why: 2,071 資格確認書 left one union with 7 of the 8 digits of the 被保険者番号, because a glyph was lost when a font was swapped.

A page passes where
 - every glyph drawn is a real one (not .notdef), has an outline in the font embedded in this very file, and a known character;
 - the expected strings stand on it in their order, white space and line ends aside;
 - no digit is left over: a digit that no expected string accounts for is refused too.
"""

import re
import struct
import zlib
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from pypdf.errors import PyPdfError

from chassis.documents.glyphs import LOST, PageTexts, UnreadablePdf
from chassis.documents.refusal import DocumentRefused

__all__ = ["Expected", "PageTexts", "compare", "read_back"]

Expected = tuple[tuple[str, str], ...]
"""What one page must show: (field, text) in the order of printing."""

_DIGIT: Final = re.compile(r"\d")


def read_back(pdf: bytes, expected: Sequence[Expected]) -> None:
    """Compare a PDF with `expected`, one entry per page. Returns nothing, or raises `DocumentRefused` at the first difference."""
    try:
        pages = PageTexts(pdf)
        if len(pages) != len(expected):
            raise DocumentRefused("page_count", "ページ数が違います。", expected=f"{len(expected)}ページ", found=f"{len(pages)}ページ")
        for number, (text, fields) in enumerate(zip(pages, expected, strict=True), start=1):
            compare(text, fields, page=number)
    except (PyPdfError, UnreadablePdf, struct.error, zlib.error, KeyError, UnicodeDecodeError) as unreadable:
        raise DocumentRefused("unreadable", f"PDFを読み返せません({type(unreadable).__name__})。") from unreadable


def compare(text: str, expected: Expected, *, page: int) -> None:
    """Compare the text of one page (white space removed) with what it must show."""
    position = 0
    for field, value in expected:
        wanted = "".join(value.split())
        start = text.find(wanted, position)
        before = text[position:] if start < 0 else text[position:start]
        if start < 0:
            raise DocumentRefused("differs", "記録と違います。", page=page, field=field, expected=value, found=_nearest(before, wanted))
        if stray := _DIGIT.search(before):
            found = _nearest(before, wanted) or _around(before, stray.start())
            raise DocumentRefused("unexpected_digits", "記録にない数字があります。", page=page, field=field, expected=value, found=found)
        position = start + len(wanted)
    if stray := _DIGIT.search(text, position):
        raise DocumentRefused("unexpected_digits", "記録にない数字があります。", page=page, found=_around(text, stray.start()))
    if (lost := text.find(LOST)) >= 0:
        raise DocumentRefused("missing_glyph", "字形のない文字(□)があります。", page=page, found=_around(text, lost))


def _around(text: str, place: int) -> str:
    return text[max(0, place - 10) : place + 11].replace(LOST, "□")


def _nearest(text: str, wanted: str) -> str:
    """The part of the page most like what was wanted, for the message."""
    match = SequenceMatcher(None, text, wanted, autojunk=False).find_longest_match()
    start = max(0, match.a - match.b)
    return text[start : start + len(wanted)].replace(LOST, "□") if match.size else ""
