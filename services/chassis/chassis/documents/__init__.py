# SPDX-License-Identifier: Apache-2.0
"""帳票: documents are typeset by Typst from one immutable record each, and read back before anybody sees them.

A service keeps one folder per 帳票: `template.typ` and `build.py`. `build` turns a record into a `Sheet` (what the template prints, and
what must be found on each page); `Renderer.release` and `Renderer.release_many` typeset it, read the PDF back and hand it out, or raise
`DocumentRefused`. Nothing else may hand a PDF to a person.
"""

from chassis.documents.fitting import Fitted, fit
from chassis.documents.fonts import GOTHIC, MINCHO, MOJI_JOHO, PROSE, FontsMissing, Typeface, Typefaces
from chassis.documents.readback import Expected, PageTexts, read_back
from chassis.documents.refusal import DocumentRefused
from chassis.documents.renderer import Renderer, Sheet

__all__ = [
    "GOTHIC",
    "MINCHO",
    "MOJI_JOHO",
    "PROSE",
    "DocumentRefused",
    "Expected",
    "Fitted",
    "FontsMissing",
    "PageTexts",
    "Renderer",
    "Sheet",
    "Typeface",
    "Typefaces",
    "fit",
    "read_back",
]
