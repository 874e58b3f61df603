# SPDX-License-Identifier: Apache-2.0
"""From fixed-length records to text columns, without looking at what they mean."""

from typing import Final

import numpy as np
import polars as pl

from contracts.layouts import jis
from contracts.layouts.csv_text import CODECS, Unreadable, Written
from contracts.layouts.jis import Bytes
from contracts.layouts.model import Encoding, Layout, LayoutField
from contracts.layouts.problems import file_error

_SEPARATORS: Final = (b"\r\n", b"\n", b"")


def records_of(data: bytes, length: int) -> Bytes | Unreadable:
    """The records as a matrix (records × bytes), with or without a line end after each."""
    if not data:
        return Unreadable([file_error("KOKI-F001")])
    separator = next(mark for mark in _SEPARATORS if data[length : length + len(mark)] == mark)
    if separator and not data.endswith(separator):
        data += separator
    stride = length + len(separator)
    if len(data) % stride:
        return Unreadable([file_error("KOKI-F013", byte=len(data) // stride * stride + 1, found=len(data), declared=length)])
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, stride)[:, :length]


def read_fixed(data: bytes, layout: Layout, encoding: Encoding) -> Written | Unreadable:
    """The text columns of a file in which every record has this layout."""
    records = records_of(data, layout.record_length or 0)
    if isinstance(records, Unreadable):
        return records
    return columns_of(records, layout, encoding, pl.int_range(1, len(records) + 1, eager=True, dtype=pl.Int64))


def columns_of(records: Bytes, layout: Layout, encoding: Encoding, row_numbers: pl.Series) -> Written:
    """The text columns of a matrix of records; what cannot be decoded holds U+FFFD, padding is taken off, an empty cell is null."""
    columns = {field.name: _column(records, field, encoding) for field in layout.written_fields}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    emptied = []
    for field in layout.written_fields:
        cell = pl.col(field.name)
        emptied.append(pl.when(~cell.is_in(["", *field.also_empty])).then(cell).alias(field.name))
    return Written(frame.with_columns(emptied), row_numbers.alias("row_number"), len(records))


def _column(records: Bytes, field: LayoutField, encoding: Encoding) -> pl.Series:
    start = (field.offset or 1) - 1
    cells = records[:, start : start + field.length]
    texts = pl.Series(field.name, _texts(cells, field, encoding), dtype=pl.String)
    return texts.str.strip_chars(" ") if field.is_number else texts.str.strip_chars_end(" 　" if field.type == "N" else " ")


def _texts(cells: Bytes, field: LayoutField, encoding: Encoding) -> list[str]:
    if field.constant_bytes is not None:
        return [cell.hex().upper() for cell in _each(cells)]
    if encoding != "JIS":
        codec = CODECS[encoding]
        return [cell.decode(codec, errors="replace") for cell in _each(cells)]
    if field.escapes == "inside":
        return [jis.decode_mixed(cell) for cell in _each(cells)]
    texts: list[str] = (jis.decode_pairs if field.escapes == "outside" else jis.decode_single)(cells).tolist()
    return texts


def _each(cells: Bytes) -> list[bytes]:
    width = cells.shape[1]
    flat = cells.tobytes()
    return [flat[at : at + width] for at in range(0, len(flat), width)]
