# SPDX-License-Identifier: Apache-2.0
"""督促状 and 催告書: what is overdue, by when it is to be paid, and what follows otherwise."""

from collection_service.documents.arrears_letter.build import ArrearsLetter, LetterKind, Owed, build
from collection_service.documents.arrears_letter.render import render_letter, renderer

__all__ = ["ArrearsLetter", "LetterKind", "Owed", "build", "render_letter", "renderer"]
