"""One page of a print file as a file of its own, as it was printed."""

from __future__ import annotations

import hashlib
import io

from chassis.documents import DocumentRefused
from pypdf import PdfReader, PdfWriter


def page_of(pdf: bytes, page: int, sha256: str) -> bytes:
    """Page `page` (from 0) of the print file with this SHA-256. DocumentRefused where the file is another."""
    if hashlib.sha256(pdf).hexdigest() != sha256:
        raise DocumentRefused("differs", "保存された印刷ファイルが、発行したときの内容と違います。", page=page + 1)
    writer = PdfWriter()
    writer.add_page(PdfReader(io.BytesIO(pdf)).pages[page])
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def page_count(pdf: bytes) -> int:
    """How many pages a print file has."""
    return len(PdfReader(io.BytesIO(pdf)).pages)
