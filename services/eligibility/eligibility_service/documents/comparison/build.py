# SPDX-License-Identifier: Apache-2.0
"""What stands on 修正前後対照表, from one immutable record; and what must be read back from it.

The paper stays in the house: no address stands on it.
"""

from datetime import date
from typing import Final

from chassis.documents import MINCHO, Expected, Sheet, fit
from chassis.documents.fonts import GOTHIC, MOJI_JOHO, typefaces
from contracts.eras import format_day
from pydantic import BaseModel, ConfigDict, Field

TITLE: Final = "修正前後対照表"
HEADS: Final = ("対象", "修正前", "修正後")
UNCHANGED: Final = "変わりません"
FOOT: Final = "修正前は記録の直前に、修正後は記録の直後に、台帳に記載されていた内容です。"
VALUE_WIDTH, VALUE_SIZES = 360.0, ((11.0, 1), (10.0, 2), (9.0, 6))


class ComparisonData(BaseModel):
    """One table. `lines`: of what, before, after; `approved_by` None: nobody had to approve it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: str = Field(min_length=1)
    name: str = Field(min_length=1)
    insured_number: str
    effective_on: date
    reason: str
    recorded_at: str = Field(min_length=1)
    asked_by: str = Field(min_length=1)
    approved_by: str | None
    lines: tuple[tuple[str, str, str], ...] = Field(min_length=1, max_length=20)
    issued_on: date
    issuer: str = Field(min_length=1)


def build(table: ComparisonData) -> Sheet:
    """The paper as its template takes it. Raises `DocumentRefused` for a character without a shape or a text without room."""
    faces = typefaces()
    approved = f"承認 {table.approved_by}" if table.approved_by else "承認の要らない記載"
    rows = [
        ("手続", table.term),
        ("被保険者氏名", table.name),
        ("被保険者番号", table.insured_number),
        ("異動のあった日", format_day(table.effective_on)),
        ("理由", table.reason),
        ("記録", f"{table.recorded_at}　申請 {table.asked_by}　{approved}"),
    ]
    facts = [(label, value) for label, value in rows if value]
    fonts = {
        label: faces.choose_for_name(value)
        if label == "被保険者氏名"
        else faces.choose(value, field=label, families=(GOTHIC, MINCHO, MOJI_JOHO))
        for label, value in facts
    }
    sender = (f"{format_day(table.issued_on)}　作成", table.issuer)
    lines = [(subject, before, UNCHANGED if after == before else after) for subject, before, after in table.lines]
    data: dict[str, object] = {
        "title": TITLE,
        "sender": sender,
        "facts": [
            {"label": label, "value": fit(value, field=label, room=VALUE_WIDTH, sizes=VALUE_SIZES, font=fonts[label]).data()}
            for label, value in facts
        ],
        "heads": HEADS,
        "lines": [{"cells": line, "differs": line[2] != UNCHANGED} for line in lines],
        "foot": FOOT,
    }
    page: Expected = (
        *(("作成者", line) for line in sender),
        ("表題", TITLE),
        *(pair for label, value in facts for pair in ((f"{label}の見出し", label), (label, value))),
        *(("見出し", head) for head in HEADS),
        *((head, cell) for line in lines for head, cell in zip(HEADS, line, strict=True)),
        ("注", FOOT),
    )
    return Sheet(data, (page,))
