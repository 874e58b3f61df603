# SPDX-License-Identifier: Apache-2.0
"""Small PDFs of one template, and ways to spoil a finished one as a broken font or printer driver would."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from chassis.documents import Expected, Renderer, Sheet
from chassis.documents.glyphs import _codes, _with_plain_strings
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject

TEMPLATE = """
#set document(date: none)
#set page(width: 100mm, height: 60mm)
#set text(font: ("BIZ UDGothic"), lang: "ja", fallback: false)
#let input = json(bytes(sys.inputs.data))
#for (i, record) in input.records.enumerate() {
  if i > 0 { pagebreak() }
  [被保険者番号 #record.number \\ 氏名 #text(font: "BIZ UDMincho", record.name) \\ 金額 #record.amount]
}
"""


def renderer(folder: Path, template: str = TEMPLATE) -> Renderer:
    (folder / "template.typ").write_text(template, encoding="utf-8")
    return Renderer(folder)


def sheet(number: str = "01234567", name: str = "後期　太郎", amount: str = "95,100円") -> Sheet:
    page: Expected = (("被保険者番号", number), ("氏名", name), ("金額", amount))
    return Sheet({"number": number, "name": name, "amount": amount}, (page,))


def without_character(pdf: bytes, character: str) -> bytes:
    """The file with the first glyph of its first page that shows `character` left out, as by a printer that lacks it."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    page: Any = writer.pages[0]
    cmap = page["/Resources"]["/Font"]["/f0"]["/ToUnicode"].get_data().decode()
    listed = re.search(rf"<([0-9A-F]{{4}})> <{ord(character):04X}>", cmap)
    assert listed, f"{character} is in the first font"
    glyph = chr(int(listed[1], 16))
    left_out = False

    def rewritten(drawn: re.Match[bytes]) -> bytes:
        nonlocal left_out
        codes = _codes(drawn[1])
        if not left_out and glyph in codes:
            codes, left_out = codes.replace(glyph, "", 1), True
        return b"<" + codes.encode("utf-16-be").hex().encode() + b">Tj"

    content = _with_plain_strings(page["/Contents"].get_object().get_data())
    changed = StreamObject()
    changed.set_data(re.sub(rb"\[?((?:\([^()]*\)[-\d. ]*)+)\]?TJ?j?", rewritten, content))
    page[NameObject("/Contents")] = writer._add_object(changed)
    return _written(writer)


def with_font_file(pdf: bytes, change: Callable[[bytearray], None]) -> bytes:
    """The file with the first font embedded in it changed."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    page: Any = writer.pages[0]
    descriptor = page["/Resources"]["/Font"]["/f0"]["/DescendantFonts"][0]["/FontDescriptor"]
    font = bytearray(descriptor["/FontFile2"].get_data())
    change(font)
    changed = StreamObject()
    changed.set_data(bytes(font))
    descriptor[NameObject("/FontFile2")] = writer._add_object(changed)
    return _written(writer)


def _written(writer: PdfWriter) -> bytes:
    file = BytesIO()
    writer.write(file)
    return file.getvalue()
