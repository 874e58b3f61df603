"""外字の同定: marks that stand for a character, the table that says which one, and rows in which they are replaced. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl
from chassis.documents.fonts import MINCHO, MOJI_JOHO, PLACEHOLDER, Typefaces, clusters

from contracts.layouts import Layout, ReadResult

UNKNOWN: Final = "●"
"""The mark that says nothing of the character; every other mark is a code of the municipality's own."""
MARK: Final = re.compile("[●\ue000-\uf8ff\U000f0000-\U0010fffd]")
GROUNDS: Final = {"identified": "同定", "substitute": "代替文字"}
_CODE: Final = re.compile(r"(?:U\+)?([0-9A-Fa-f]{4,6})", re.IGNORECASE)


class NotACharacter(ValueError):
    """What was typed cannot stand in a name; the text says in Japanese why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark stands: field and position (from 0, in the text as it came) in a row of one resident; `history_number` of that row."""

    resident_number: str
    history_number: int
    field: str
    position: int
    mark: str
    written: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """One entry of a municipality's table. Of ● it names resident, field and position; a code of its own is the same for everybody."""

    mark: str
    character: str
    resident_number: str | None = None
    field: str | None = None
    position: int | None = None


Table = Mapping[tuple[str, str | None, str | None, int | None], str]


def table_of(conversions: Collection[Conversion]) -> Table:
    """Mark, and for ● its place → the character."""
    return {(one.mark, one.resident_number, one.field, one.position): one.character for one in conversions}


def read_character(typed: str, faces: Typefaces) -> str:
    """A character as an officer types it: itself, or codes such as `U+845B U+E0100`. Raises `NotACharacter`.

    It must be one character, with at most one variation selector, that the fonts of names can show with just that sequence.
    """
    text = typed.strip()
    if _CODE.match(text):
        codes = text.replace(",", " ").split()
        found = [_CODE.fullmatch(code) for code in codes]
        if not all(found):
            raise NotACharacter(f"「{text}」を文字コードとして読めません。U+845B U+E0100 のように入れてください。")
        try:
            text = "".join(chr(int(match[1], 16)) for match in found if match)
        except ValueError as error:
            raise NotACharacter(f"「{typed}」は Unicode の範囲にありません。") from error
    if len(clusters(text)) != 1 or len(text) > 2 or text.isspace():
        raise NotACharacter("一文字（異体字セレクタは一つまで）を入れてください。")
    if PLACEHOLDER.search(text):
        raise NotACharacter("文字の代わりの記号や外字コードは入れられません。")
    if all(faces.faces[family].missing(text) for family in (MINCHO, MOJI_JOHO)):
        codes_shown = " ".join(f"U+{ord(character):04X}" for character in text)
        raise NotACharacter(f"「{text}」（{codes_shown}）の字形が IPAmj明朝にありません。文字情報基盤の文字か異体字を選んでください。")
    return text


def codes_of(character: str) -> str:
    """U+845B U+E0100"""
    return " ".join(f"U+{ord(one):04X}" for one in character)


def places_in(row: Mapping[str, Any], fields: Sequence[str]) -> Iterator[Place]:
    """Every mark of a row."""
    for name in fields:
        text = row[name] or ""
        for found in MARK.finditer(text):
            yield Place(row["resident_number"], row["history_number"], name, found.start(), found.group(), text)


def converted(text: str, *, resident_number: str, field: str, table: Table) -> str:
    """`text` with every mark replaced that the table knows; the others stay."""

    def character(found: re.Match[str]) -> str:
        mark = found.group()
        key = (mark, resident_number, field, found.start()) if mark == UNKNOWN else (mark, None, None, None)
        return table.get(key, mark)

    return MARK.sub(character, text)


def parking_fields(layout: Layout) -> list[str]:
    """The fields in which a mark holds a row."""
    return [field.name for field in layout.fields if field.parks_unidentified]


def identified(result: ReadResult, table: Table) -> ReadResult:
    """`result` with those parked rows accepted whose marks the table knows, all of them; in the order of the rows."""
    if not result.parked_count or not table or result.layout is None:
        return result
    fields = parking_fields(result.layout)
    rows = [
        {
            **row,
            **{name: converted(row[name], resident_number=row["resident_number"], field=name, table=table) for name in fields if row[name]},
        }
        for row in result.parked.iter_rows(named=True)
    ]
    known = pl.Series([not any(MARK.search(row[name] or "") for name in fields) for row in rows], dtype=pl.Boolean)
    if not known.any():
        return result
    numbers = result.parked_row_numbers
    accepted = pl.concat([result.frame, pl.DataFrame(rows, schema=result.parked.schema).filter(known)])
    order = pl.concat([result.row_numbers, numbers.filter(known)])
    by_row = order.arg_sort()
    return replace(
        result,
        frame=accepted[by_row],
        row_numbers=order.gather(by_row),
        parked=result.parked.filter(~known),
        parked_row_numbers=numbers.filter(~known),
        error_frame=result.error_frame.filter(~pl.col("row_number").is_in(numbers.filter(known).to_list())),
    )
