# SPDX-License-Identifier: Apache-2.0
"""Certificates of the card's size with rows of their own (slip.typ): what the template takes, and what must be read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.documents import GOTHIC, MOJI_JOHO, Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.glyphs import mark_of_image

from eligibility_service.documents import qr
from eligibility_service.documents.bearer import Bearer, colour_of, fitted, fitted_name, shown


@dataclass(frozen=True, slots=True)
class SlipRow:
    """One row: its label (one or two lines), its text, the height of the row and the size of the text in points.

    With `sizes` ((points, lines allowed), the largest first) the text takes the largest at which it fits into the row.
    """

    label: tuple[str, ...]
    text: str
    height: int = 19
    size: float = 12
    bold: bool = False
    sizes: tuple[tuple[float, int], ...] = ()

    def data(self) -> dict[str, Any]:
        if self.sizes:
            field = "".join(self.label)
            font = typefaces().choose(self.text, field=field, families=(GOTHIC, MOJI_JOHO))
            return {"label": self.label, "fitted": fitted(self.text, field, self.sizes, font), "height": self.height}
        return {"label": self.label, "text": self.text, "height": self.height, "size": self.size, "weight": 700 if self.bold else 400}


def day_row(label: str, day: date) -> SlipRow:
    """A row with a day."""
    return SlipRow((label,), shown(day))


def slip(bearer: Bearer, title: tuple[str, ...], rows: Iterable[SlipRow]) -> Sheet:
    """The owner's rows, then those of this certificate, then the insurer's. Raises `DocumentRefused` as the card does."""
    colour, code, name, own = colour_of(bearer), qr.modules(bearer.insured_number), fitted_name(bearer), tuple(rows)
    number = SlipRow(("被保険者番号",), bearer.insured_number, 30, 21, bold=True).data() | {"tracking": 2}
    born = SlipRow(("生年月日",), f"{bearer.shown_birth}　{bearer.shown_sex}".strip())
    data: dict[str, object] = {
        "title": title,
        "deep": colour.deep,
        "pale": colour.pale,
        "valid_through": shown(bearer.valid_through),
        "rows": [
            number,
            {"label": ("住　所",), "fitted": name["address"], "height": 42},
            {"label": ("氏　名",), "above": name["kana"], "fitted": name["name"], "height": 40},
            born.data(),
            *(row.data() for row in own),
        ],
        "insurer_number": bearer.insurer_number,
        "insurer_name": bearer.insurer_name,
        "code": list(code),
        "serial": bearer.serial,
    }
    page: Expected = (
        ("表題", "".join(title)),
        ("有効期限", shown(bearer.valid_through)),
        ("被保険者番号", bearer.insured_number),
        ("住所", bearer.shown_address),
        ("フリガナ", bearer.kana),
        ("氏名", bearer.name),
        ("生年月日", born.text),
        *(("".join(row.label), row.text) for row in own),
        ("保険者番号", bearer.insurer_number),
        ("保険者の名称", bearer.insurer_name),
        ("二次元コード", mark_of_image(code)),
        ("記号番号", bearer.serial),
    )
    return Sheet(data, (page,))
