# SPDX-License-Identifier: Apache-2.0
"""What the glyphs of a PDF show, page by page.

pypdf finds the objects of the file; the glyphs are followed here, because the usual text extraction believes what a PDF *says* about its
text (a box drawn for a missing character may be labelled with the right one) and needs 4 ms a page. It reads what Typst writes: TrueType
fonts embedded with two-byte codes. Anything else is `UnreadablePdf`, never a guess.

PDF 32000-1:2008, 7.3 (objects), 9.4.3 (text showing), 9.7 (composite fonts), 9.10 (ToUnicode), 14.9.4 (ActualText).
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader

LOST: Final = "\x00"
"""Stands in the text of a page for a glyph that shows nothing or nobody knows what."""

_OBJECT: Final = re.compile(rb"\s*\d+ \d+ obj\s*<<(.*?)>>\s*(?:endobj|stream\r?\n)", re.DOTALL)
_NAMED: Final = re.compile(rb"/(\w+) (\d+) 0 R")
_KIDS: Final = re.compile(rb"/Kids\s*\[([^\]]*)\]")
_IMAGE: Final = re.compile(rb"/Subtype\s*/Image\b")
_DESCENDANT: Final = re.compile(rb"/DescendantFonts\s*\[\s*(\d+) 0 R\s*\]")
_TWO_BYTES: Final = re.compile(rb"/Encoding\s*/Identity-H\b")
_SAME_GLYPHS: Final = re.compile(rb"/CIDToGIDMap\s*/Identity\b")
_SHOWN: Final = re.compile(
    rb"/(\w+) (?:[-\d.]+ Tf|(Do))"  # 1: a font is chosen, or with 2 a form or an image drawn
    rb"|\[((?:\([^()]*\)|<[0-9A-Fa-f]+>|[-\d. ]+)*)\]TJ|(\([^()]*\)|<[0-9A-Fa-f]+>)Tj"  # 3, 4: glyphs are drawn
    rb"|/ActualText(?:<([0-9A-Fa-f]*)>|\(([^()]*)\))"  # 5, 6: what the glyphs up to EMC stand for
    rb"|EMC"
)
_BETWEEN: Final = re.compile(rb"\)[-\d. ]*\(")
_STRING: Final = re.compile(rb"\(([^()]*)\)|<([0-9A-Fa-f]+)>")
_CODE_TEXT: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")
_CODES_TEXT: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")
_DIGIT: Final = re.compile(r"\d")
_LETTERS: Final = str.maketrans("0123456789abcdef", "あいうえおかきくけこさしすせそた")


class UnreadablePdf(ValueError):
    """The file is no PDF of the form that the house's typesetter writes."""


class PageTexts(Sequence[str]):
    """The text of each page of a PDF as its glyphs show it, without white space; a glyph that shows nothing is `LOST`."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        self._reader = PdfReader(BytesIO(pdf))
        root: Any = self._reader.trailer["/Root"]
        self._pages = list(self._leaves(root.raw_get("/Pages").idnum))
        self._fonts: dict[int, dict[int, str]] = {}
        self._forms: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        parts = self._named(self._pages[index])
        return self._text(self._stream(parts[b"Contents"]), self._named(parts[b"Resources"]))

    def _plain(self, number: int) -> tuple[bytes, int]:
        """The dictionary of an object, and where its stream begins.

        Cut out of the file where pypdf's cross-reference table says: a print file has four small objects a page, and parsing each with all
        that a PDF may be would take half as long as typesetting it did.
        """
        found = _OBJECT.match(self._pdf, self._reader.xref[0][number])
        if found is None:
            raise UnreadablePdf(f"object {number} is not a dictionary")
        return found[1], found.end()

    def _named(self, number: int) -> dict[bytes, int]:
        """The objects that an object names: parts of a page; fonts, forms and images of a page's resources (Typst gives no name twice)."""
        return {name: int(object_number) for name, object_number in _NAMED.findall(self._plain(number)[0])}

    def _stream(self, number: int) -> bytes:
        described, start = self._plain(number)
        length = re.search(rb"/Length (\d+)\b(?! \d+ R)", described)
        if length is None or b"/DecodeParms" in described:
            raise UnreadablePdf(f"object {number} has no plain stream")
        data = self._pdf[start : start + int(length[1])]
        return zlib.decompress(data) if b"/FlateDecode" in described else data

    def _leaves(self, number: int) -> Iterator[int]:
        kids = _KIDS.search(self._plain(number)[0])
        if kids is None:
            yield number
        else:
            for kid in re.findall(rb"(\d+) 0 R", kids[1]):
                yield from self._leaves(int(kid))

    def _text(self, content: bytes, named: dict[bytes, int]) -> str:
        parts: list[str] = []
        font: dict[int, str] = {}
        actual: str | None = None
        for name, drawn, several, single, coded, literal in _SHOWN.findall(_with_plain_strings(content)):
            if shown := several or single:
                text = _codes(shown).translate(font)
                parts.append(text if actual is None else _agreed(text, actual))
                actual = None if actual is None else ""
            elif drawn:
                parts.append(self._drawn(named[name]))
            elif name:
                font = self._font(named[name])
            else:
                actual = _spoken(coded, literal)
        return "".join("".join(parts).split())

    def _drawn(self, number: int) -> str:
        """The mark of an image, or the text of a form: the same on every page that draws it, so it is read once."""
        if number not in self._forms:
            if _IMAGE.search(self._plain(number)[0]):
                return mark_of_image(self._stream(number))
            parts = self._named(number)
            resources = self._named(parts[b"Resources"]) if b"Resources" in parts else parts
            self._forms[number] = self._text(self._stream(number), resources)
        return self._forms[number]

    def _font(self, number: int) -> dict[int, str]:
        """Glyph code → text for `str.translate`, of one font embedded in the file."""
        if number not in self._fonts:
            font = self._plain(number)[0]
            descendant = _DESCENDANT.search(font)
            if descendant is None or not _TWO_BYTES.search(font) or not _SAME_GLYPHS.search(self._plain(int(descendant[1]))[0]):
                raise UnreadablePdf(f"font {number} is not a font with two-byte codes that are its glyphs")
            described = self._named(self._named(int(descendant[1]))[b"FontDescriptor"])
            outlined = set(_outlined(self._stream(described[b"FontFile2"])))
            named = _to_unicode(self._stream(self._named(number)[b"ToUnicode"]))
            self._fonts[number] = _Glyphs((code, text) for code, text in named if code and (code in outlined or text.isspace()))
        return self._fonts[number]


def mark_of_image(pixels: bytes) -> str:
    """What an image adds to the text of its page: letters that differ where a pixel (8 bits, no colour) differs; expected like any text."""
    return "《" + sha256(pixels).hexdigest()[:16].translate(_LETTERS) + "》"


class _Glyphs(dict[int, str]):
    """The real glyphs of a font with what they show; every other glyph is `LOST`."""

    def __missing__(self, code: int) -> str:
        return LOST


def _outlined(font: bytes) -> Iterator[int]:
    """The glyphs of a TrueType font that have an outline (OpenType 1.9: head, loca)."""
    directory = {tag: start for tag, _, start, _ in struct.iter_unpack(">4sIII", font[12 : 12 + 16 * int.from_bytes(font[4:6], "big")])}
    count = int.from_bytes(font[directory[b"maxp"] + 4 : directory[b"maxp"] + 6], "big")
    long = font[directory[b"head"] + 51]
    starts = struct.unpack_from(f">{count + 1}{'I' if long else 'H'}", font, directory[b"loca"])
    return (glyph for glyph in range(count) if starts[glyph] < starts[glyph + 1])


def _to_unicode(cmap: bytes) -> Iterator[tuple[int, str]]:
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in _CODE_TEXT.findall(block):
            yield int(code, 16), bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in _CODES_TEXT.findall(block):
            start = bytes.fromhex(text.decode()).decode("utf-16-be")
            for code in range(int(first, 16), int(last, 16) + 1):
                yield code, start[:-1] + chr(ord(start[-1]) + code - int(first, 16))


def _with_plain_strings(content: bytes) -> bytes:
    """The content with every parenthesis and backslash inside a string as an octal escape, so that a string ends at its first ")"."""
    plain = content.replace(b"\\\\", b"\\134").replace(b"\\(", b"\\050").replace(b"\\)", b"\\051")
    if len(re.findall(rb"\([^()]*\)", plain)) == plain.count(b"("):
        return plain
    depth, parts = 0, []
    for part in re.split(rb"([()])", plain):
        depth -= part == b")"
        parts.append(b"\\%03o" % part[0] if part in (b"(", b")") and depth else part)
        depth += part == b"("
    return b"".join(parts)


def _codes(shown: bytes) -> str:
    """The two-byte glyph codes of the strings of one Tj or TJ, as a text of code points."""
    if b"<" not in shown:
        return _unescaped(_BETWEEN.sub(b"", shown[shown.index(b"(") + 1 : shown.rindex(b")")])).decode("utf-16-be", "surrogatepass")
    parts = (_unescaped(literal) if not coded else bytes.fromhex(coded.decode()) for literal, coded in _STRING.findall(shown))
    return b"".join(parts).decode("utf-16-be", "surrogatepass")


def _unescaped(string: bytes) -> bytes:
    r"""PDF's escapes are those of Python (\ooo, \n, \r, \t, \b, \f) once parentheses are octal."""
    return string.decode("unicode_escape").encode("latin-1")


def _agreed(drawn: str, actual: str) -> str:
    """What a file says its glyphs stand for (two characters may share one glyph), unless they are lost or it would change a digit."""
    return LOST if LOST in drawn or _DIGIT.findall(drawn) != _DIGIT.findall(actual) else actual


def _spoken(coded: bytes, literal: bytes) -> str | None:
    """The text of an ActualText, or None where it ends."""
    raw = bytes.fromhex(coded.decode()) or _unescaped(literal)
    return (raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")) or None
