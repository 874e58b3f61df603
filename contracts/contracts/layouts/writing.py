# SPDX-License-Identifier: Apache-2.0
"""Write a typed frame by its layout: CSV or fixed-length records, with the control that goes with it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from contracts.eras import ERAS
from contracts.layouts import jis
from contracts.layouts.checks import dtype_of
from contracts.layouts.control import Control, sha256_of, totals_of
from contracts.layouts.csv_text import CODECS
from contracts.layouts.model import Encoding, Layout, LayoutField

Quoting = Literal["necessary", "always"]


class Unwritable(ValueError):
    """A value that the layout or the encoding cannot hold; the text (Japanese) names row, column and value."""


def write_file(
    frame: pl.DataFrame,
    layout: Layout,
    path: Path | str,
    *,
    municipality_code: str,
    generation: int,
    created_at: datetime,
    encoding: Encoding | None = None,
    quoting: Quoting = "necessary",
    line_end: Literal["\r\n", "\n", ""] = "\r\n",
) -> Control:
    """Write `frame` to `path` and return the control of the file (`write_control` makes it a file).

    `frame` has the columns of the layout, typed as `read_file` types them. Raises `Unwritable`; then nothing is written.
    """
    chosen = encoding or layout.encodings[0]
    data = encode_file(frame, layout, encoding=chosen, quoting=quoting, line_end=line_end)
    Path(path).write_bytes(data)
    return Control(
        layout_version=layout.version,
        kind=layout.name,
        file_name=Path(path).name,
        municipality_code=municipality_code,
        generation=generation,
        created_at=created_at,
        encoding=chosen,
        row_count=frame.height,
        sha256=sha256_of(data),
        control_totals=totals_of(frame, layout),
    )


def encode_file(
    frame: pl.DataFrame,
    layout: Layout,
    *,
    encoding: Encoding,
    quoting: Quoting = "necessary",
    line_end: Literal["\r\n", "\n", ""] = "\r\n",
) -> bytes:
    """The bytes of the file. Raises `Unwritable` for a value that does not fit, `ValueError` for other columns than the layout's."""
    expected = [field.name for field in layout.data_fields]
    if sorted(frame.columns) != sorted(expected):
        raise ValueError(f"Layout {layout.name} has the columns {expected}, the frame has {frame.columns}.")
    texts = frame.select(written_expression(field) for field in layout.data_fields)
    if layout.format == "fixed":
        return _fixed(texts, layout, encoding, line_end.encode())
    text = texts.write_csv(line_terminator=line_end or "\n", quote_style=quoting)
    if encoding == "UTF-8":
        return text.encode()
    text = text.translate(jis.TO_JIS if encoding == "JIS" else jis.TO_MICROSOFT)
    try:
        return text.encode(CODECS[encoding])
    except UnicodeEncodeError as error:
        _name_the_cell(texts, layout, encoding)
        raise Unwritable(f"{encoding} で書けない文字「{text[error.start]}」があります。") from error


def encode_record(values: Mapping[str, str | None], layout: Layout, encoding: Encoding) -> bytes:
    """The bytes of one fixed-length record from the written texts of its fields; a frame is for many."""
    cells = []
    for field in layout.fields:
        constant = bytes.fromhex(field.constant_bytes) if field.constant_bytes else None
        cells.append(constant or (b" " * field.length if field.filler else _padded(values[field.name], field, encoding, 1)))
    return b"".join(cells)


def written_expression(field: LayoutField) -> pl.Expr:
    """How the typed column of `field` becomes text; null stays null."""
    value = pl.col(field.name).cast(dtype_of(field))
    match field.type:
        case "DATE" if field.format == "YYYY-MM-DD":
            return value.dt.strftime("%Y-%m-%d")
        case "DATE" if field.format == "YYYYMMDD":
            return value.dt.strftime("%Y%m%d")
        case "DATE" if field.format == "ERA":
            return _era_digits(value)
        case "TIME":
            return value.dt.strftime("%H:%M:%S")
        case "TIMESTAMP":
            return value.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
        case "X" | "N" | "DATE":
            return pl.when(value != "").then(value).alias(field.name)
        case "YEAR":
            return value.cast(pl.String).str.zfill(4)
        case _:
            return value.cast(pl.String)


def _era_digits(value: pl.Expr) -> pl.Expr:
    found = []
    for era in ERAS:
        is_inside = (value >= era.first_day) if era.last_day is None else value.is_between(era.first_day, era.last_day)
        year = (value.dt.year() - (era.first_day.year - 1)).cast(pl.String).str.zfill(2)
        found.append(pl.when(is_inside).then(pl.concat_str(pl.lit(era.code), year, value.dt.strftime("%m%d"))))
    return pl.coalesce(found).alias(value.meta.output_name())


def _name_the_cell(texts: pl.DataFrame, layout: Layout, encoding: Encoding) -> None:
    """Raise `Unwritable` for the first cell with a character that the encoding does not have."""
    for field in layout.data_fields:
        for row_number, value in enumerate(texts.get_column(field.name).to_list(), 1):
            try:
                _encoded(value or "", field, encoding, is_fixed=False)
            except UnicodeEncodeError as error:
                raise Unwritable(_unencodable(field, row_number, error, encoding)) from error


def _unencodable(field: LayoutField, row_number: int, error: UnicodeEncodeError, encoding: Encoding) -> str:
    return (
        f"{row_number}行目の「{field.term}」({field.name})の「{error.object}」に、"
        f"{encoding} で書けない文字「{error.object[error.start]}」があります。"
        "文字を置き換えるか、UTF-8 で書いてください。"
    )


def _encoded(value: str, field: LayoutField, encoding: Encoding, *, is_fixed: bool) -> bytes:
    if encoding == "UTF-8":
        return value.encode()
    if encoding == "CP932":
        return value.translate(jis.TO_MICROSOFT).encode("cp932")
    if not is_fixed:
        return value.translate(jis.TO_JIS).encode("iso2022_jp")
    coded: Callable[[str], bytes] = jis.encode_single
    if field.escapes:
        coded = jis.encode_mixed if field.escapes == "inside" else jis.encode_pairs
    return coded(value)


def _fixed(texts: pl.DataFrame, layout: Layout, encoding: Encoding, line_end: bytes) -> bytes:
    columns: list[list[bytes]] = []
    for field in layout.fields:
        if field.filler or field.constant_bytes:
            cell = bytes.fromhex(field.constant_bytes) if field.constant_bytes else b" " * field.length
            columns.append([cell] * texts.height)
        else:
            values = texts.get_column(field.name).to_list()
            columns.append([_padded(value, field, encoding, row_number) for row_number, value in enumerate(values, 1)])
    return b"".join(b"".join(cells) + line_end for cells in zip(*columns, strict=True))


def _padded(value: str | None, field: LayoutField, encoding: Encoding, row_number: int) -> bytes:
    """The bytes of one cell: numbers right with zeros, the rest left with spaces (pairs: full-width spaces); empty is all spaces."""
    try:
        cell = _encoded(value or field.constant or "", field, encoding, is_fixed=True)
    except UnicodeEncodeError as error:
        raise Unwritable(_unencodable(field, row_number, error, encoding)) from error
    if len(cell) > field.length:
        raise Unwritable(
            f"{row_number}行目の「{field.term}」({field.name})の「{value}」は{len(cell)}バイトで、{field.length}バイトに入りません。値を短くしてください。"
        )
    if field.is_number and cell:
        sign, digits = (cell[:1], cell[1:]) if cell.startswith(b"-") else (b"", cell)
        return sign + digits.rjust(field.length - len(sign), b"0")
    if field.escapes == "outside":
        return cell + b"\x21\x21" * ((field.length - len(cell)) // 2)
    return cell.ljust(field.length)
