# SPDX-License-Identifier: Apache-2.0
"""What stands on the sheet that an officer takes along to look for somebody: who, where, what was done, and lines to write on."""

from datetime import date
from typing import Final

from chassis.documents import Expected, Sheet
from chassis.documents.fitting import fit
from chassis.documents.fonts import GOTHIC, MOJI_JOHO, typefaces
from contracts.eras import format_day
from pydantic import BaseModel, ConfigDict, Field

from eligibility_service.domain.words import WITHHELD

TITLE: Final = "居所調査票"
HEAD: Final = ("月日", "方法", "内容", "担当")
ENTRIES: Final = 12
"""More entries than these stand on the screen; the sheet shows the latest."""
EMPTY_LINES: Final = 6
SIZES: Final = ((12.0, 2), (10.0, 3), (8.0, 5))
ROOM: Final = 370.0
REMARK_ROOM: Final = 225.0


class SurveyEntry(BaseModel):
    """What was done on a day, by whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    done_on: date
    act: str = Field(min_length=1)
    remark: str = Field(min_length=1, max_length=200)
    kept_by: str


class SurveySheetData(BaseModel):
    """One survey. `address`: one or two lines, None where it is withheld (支援措置); then nothing of it is ever printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    survey_number: str
    name: str = Field(min_length=1)
    kana: str
    insured_number: str
    born_on: date
    address: tuple[str, ...] | None
    cause: str
    opened_on: date
    deadline: date
    entries: tuple[SurveyEntry, ...]
    printed_on: date
    office: str = Field(min_length=1)


def build(sheet: SurveySheetData) -> Sheet:
    """The sheet as its template takes it. Raises `DocumentRefused`."""
    faces = typefaces()
    address = WITHHELD if sheet.address is None else "　".join(sheet.address)
    facts = (
        ("フリガナ", sheet.kana, faces.choose(sheet.kana, field="フリガナ", families=(GOTHIC, MOJI_JOHO))),
        ("氏名", sheet.name, faces.choose_for_name(sheet.name)),
        ("被保険者番号", sheet.insured_number or "なし", GOTHIC),
        ("生年月日", format_day(sheet.born_on), GOTHIC),
        ("住所", address, faces.choose(address, field="住所")),
        ("きっかけ", sheet.cause, GOTHIC),
        ("調査の開始", format_day(sheet.opened_on), GOTHIC),
        ("調査の期限", format_day(sheet.deadline), GOTHIC),
    )
    entries = sheet.entries[-ENTRIES:]
    rows = [(format_day(entry.done_on), entry.act, entry.remark, entry.kept_by) for entry in entries]
    written = f"{format_day(sheet.printed_on)}　{sheet.office}"
    data: dict[str, object] = {
        "title": TITLE,
        "number": sheet.survey_number,
        "written": written,
        "facts": [{"term": term, "value": fit(value, field=term, room=ROOM, sizes=SIZES, font=font).data()} for term, value, font in facts],
        "head": HEAD,
        "rows": [
            {
                "cells": row,
                "remark": fit(
                    row[2], field="内容", room=REMARK_ROOM, sizes=((10.5, 3), (9.0, 5), (7.0, 8)),
                    font=faces.choose(row[2], field="内容", families=(GOTHIC, MOJI_JOHO)),
                ).data(),
            }
            for row in rows
        ],
        "empty": EMPTY_LINES,
    }  # fmt: skip
    page: Expected = (
        ("調査番号", sheet.survey_number),
        ("作成", written),
        ("表題", TITLE),
        *((term, value) for term, value, _ in facts),
        *((column, cell) for row in rows for column, cell in zip(HEAD, row, strict=True)),
    )
    return Sheet(data, (page,))
