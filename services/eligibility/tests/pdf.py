"""The text of a PDF, for tests."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader


def pages_of(content: bytes) -> list[str]:
    """The text of each page without spaces."""
    return [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]


def text_of(content: bytes) -> str:
    """The text of all pages without spaces."""
    return "".join(pages_of(content))
