# SPDX-License-Identifier: Apache-2.0
"""Reading a finished PDF back, glyph by glyph, before anybody may have it.

Why: 2,071 資格確認書 left one union with 7 of the 8 digits of the 被保険者番号, because a glyph was lost when a font was swapped.

pypdf finds the objects of the file; the glyphs are followed here, because the usual text extraction believes what a PDF *says* about its
text (a box drawn for a missing character may be labelled with the right one) and needs 4 ms a page. A page passes where
 - every glyph drawn is a real one (not .notdef), has an outline in the font embedded in this very file, and a known character;
 - the expected strings stand on it in their order, white space and line ends aside;
 - no digit is left over: a digit that no expected string accounts for is refused too.

PDF 32000-1:2008, 9.4.3 (text showing), 9.7 (composite fonts), 9.10 (ToUnicode), 14.9.4 (ActualText).
"""

import gc
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import SequenceMatcher
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import IndirectObject, StreamObject

from chassis.documents.refusal import DocumentRefused

Expected = tuple[tuple[str, str], ...]
"""What one page must show: (field, text) in the order of printing."""

LOST: Final = "\x00"
"""Stands in the text of a page for a glyph that shows nothing or nobody knows what."""

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


def read_back(pdf: bytes, expected: Sequence[Expected]) -> None:
    """Compare a PDF with `expected`, one entry per page. Returns nothing, or raises `DocumentRefused` at the first difference."""
    try:
        with _collector_resting():
            pages = PageTexts(pdf)
            if len(pages) != len(expected):
                raise DocumentRefused("page_count", "ページ数が違います。", expected=f"{len(expected)}ページ", found=f"{len(pages)}ページ")
            for number, (text, fields) in enumerate(zip(pages, expected, strict=True), start=1):
                compare(text, fields, page=number)
    except (PyPdfError, struct.error, KeyError, UnicodeDecodeError) as unreadable:
        raise DocumentRefused("unreadable", f"PDFを読み返せません({type(unreadable).__name__})。") from unreadable


@contextmanager
def _collector_resting() -> Iterator[None]:
    """pypdf makes 60 small objects a page, and the collector goes through all of them again and again: a quarter of the time."""
    was_working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_working:
            gc.enable()


def compare(text: str, expected: Expected, *, page: int) -> None:
    """Compare the text of one page (white space removed) with what it must show."""
    position, rest = 0, []
    for field, value in expected:
        wanted = "".join(value.split())
        start = text.find(wanted, position)
        if start < 0:
            raise DocumentRefused(
                "differs", "記録と違います。", page=page, field=field, expected=value, found=_nearest(text[position:], wanted)
            )
        rest.append(text[position:start])
        position = start + len(wanted)
    rest.append(text[position:])
    if LOST in text:
        place = text.index(LOST)
        around = text[max(0, place - 10) : place + 10].replace(LOST, "□")
        raise DocumentRefused("missing_glyph", "字形のない文字(□)があります。", page=page, found=around)
    for gap in rest:
        if stray := _DIGIT.search(gap):
            around = gap[max(0, stray.start() - 10) : stray.end() + 10]
            raise DocumentRefused("unexpected_digits", "記録にない数字があります。", page=page, found=around)


def mark_of_image(pixels: bytes) -> str:
    """What an image adds to the text of its page: letters that differ where a pixel (8 bits, no colour) differs; expected like any text."""
    return "《" + sha256(pixels).hexdigest()[:16].translate(_LETTERS) + "》"


def _nearest(text: str, wanted: str) -> str:
    """The part of the page most like what was wanted, for the message."""
    match = SequenceMatcher(None, text, wanted, autojunk=False).find_longest_match()
    start = max(0, match.a - match.b)
    return text[start : start + len(wanted)].replace(LOST, "□") if match.size else ""


class PageTexts(Sequence[str]):
    """The text of each page of a PDF as its glyphs show it, without white space; a glyph that shows nothing is `LOST`."""

    def __init__(self, pdf: bytes) -> None:
        root: Any = PdfReader(BytesIO(pdf)).trailer["/Root"]
        self._pages = list(_leaves(root["/Pages"]))
        self._fonts: dict[int, dict[int, str]] = {}
        self._forms: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        page = self._pages[index]
        contents = page["/Contents"]
        if not isinstance(contents, StreamObject):
            raise DocumentRefused("unreadable", "ページの内容が一つの流れになっていません。", page=index + 1)
        return self._text(contents.get_data(), page["/Resources"])

    def _text(self, content: bytes, resources: Any) -> str:
        fonts, xobjects = resources.get("/Font"), resources.get("/XObject")
        parts: list[str] = []
        font: dict[int, str] = {}
        actual: str | None = None
        for name, drawn, several, single, coded, literal in _SHOWN.findall(_with_plain_strings(content)):
            if shown := several or single:
                text = _codes(shown).translate(font)
                parts.append(text if actual is None else _agreed(text, actual))
                actual = None if actual is None else ""
            elif drawn:
                parts.append(self._drawn(xobjects.raw_get("/" + name.decode())))
            elif name:
                font = self._font(fonts.raw_get("/" + name.decode()))
            else:
                actual = _spoken(coded, literal)
        return "".join("".join(parts).split())

    def _drawn(self, reference: IndirectObject) -> str:
        if reference.idnum not in self._forms:
            drawn: Any = reference.get_object()
            if drawn["/Subtype"] == "/Image":
                return mark_of_image(drawn.get_data())
            self._forms[reference.idnum] = self._text(drawn.get_data(), drawn["/Resources"].get_object())
        return self._forms[reference.idnum]

    def _font(self, reference: IndirectObject) -> dict[int, str]:
        if reference.idnum not in self._fonts:
            self._fonts[reference.idnum] = _Glyphs(reference.get_object())
        return self._fonts[reference.idnum]


def _leaves(pages: Any) -> Iterator[Any]:
    for kid in pages["/Kids"]:
        node = kid.get_object()
        if node["/Type"] == "/Pages":
            yield from _leaves(node)
        else:
            yield node


class _Glyphs(dict[int, str]):
    """Glyph code → text for `str.translate`, of one font embedded in the file; every other glyph is `LOST`."""

    def __init__(self, font: Any) -> None:
        described = font["/DescendantFonts"][0]["/FontDescriptor"]
        if font["/Encoding"] != "/Identity-H" or "/FontFile2" not in described:
            raise DocumentRefused("unreadable", f"フォント {font['/BaseFont']} は読み返しのできない形式です。")
        outlined = set(_outlined(described["/FontFile2"].get_object().get_data()))
        for code, text in _to_unicode(font["/ToUnicode"].get_object().get_data()):
            if code and (code in outlined or text.isspace()):
                self[code] = text

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
