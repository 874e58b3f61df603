# SPDX-License-Identifier: Apache-2.0
"""The one answer of this package when a document must not leave the house."""


class DocumentRefused(ValueError):
    """A document that was not released: the text says in Japanese which page and field, what was expected and what was found.

    The text is for the clerk's screen and may hold names and numbers; logs and spans take `code` and `page` only.
    `code`: missing_glyph, unknown_variant, placeholder, too_long, inconsistent (the record); warning (typesetting); differs,
    unexpected_digits, page_count, unreadable (reading back).
    """

    def __init__(
        self, code: str, reason: str, *, page: int | None = None, field: str | None = None, expected: str = "", found: str = ""
    ) -> None:
        self.code, self.page, self.field, self.expected, self.found = code, page, field, expected, found
        where = (f"{page}ページ目" if page else "") + (f"「{field}」" if field else "")
        compared = f"記録「{expected}」、文書「{found}」。" if expected or found else ""
        super().__init__(f"{where}{'：' if where else ''}{reason}{compared}この文書は発行しませんでした。")
