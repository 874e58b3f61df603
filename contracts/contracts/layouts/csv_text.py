# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a CSV file to text columns, without looking at what they mean."""

import csv
import io
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from contracts.layouts.jis import TO_MICROSOFT
from contracts.layouts.model import Encoding, Layout
from contracts.layouts.problems import FileError, file_error

CODECS: Final[dict[Encoding, str]] = {"UTF-8": "utf-8", "CP932": "cp932", "JIS": "iso2022_jp"}
_CHUNK: Final = 50_000
_WELL_QUOTED: Final = r"""^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*\r?$"""
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Written:
    """Text columns of the rows that have the right number of columns; an empty cell is null. `ragged`: row number → columns found."""

    frame: pl.DataFrame
    row_numbers: pl.Series
    row_count: int
    ragged: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The file cannot be cut into columns."""

    errors: list[FileError]


def read_csv(data: bytes, layout: Layout, encoding: Encoding) -> Written | Unreadable:
    """The text columns of `layout`, in its order, whatever the order in the file. Quotes, CRLF or LF, and a UTF-8 mark are understood."""
    if not data:
        return Unreadable([file_error("KOKI-F001")])
    plain = _as_utf8(data, encoding)
    if isinstance(plain, FileError):
        return Unreadable([plain])

    first_line, _, body = plain.partition(b"\n")
    header = next(csv.reader([first_line.decode().rstrip("\r")]), [])
    if errors := _header_errors(header, layout):
        return Unreadable(errors)
    try:
        written = _columns(body, header)
    except csv.Error as error:
        return Unreadable([file_error("KOKI-F010", row=int(str(error)))])
    left_out = [pl.lit(None, pl.String).alias(name) for name in layout.names if name not in header]
    return Written(written.frame.with_columns(left_out).select(layout.names), written.row_numbers, written.row_count, written.ragged)


def _as_utf8(data: bytes, encoding: Encoding) -> bytes | FileError:
    try:
        text = data.decode(CODECS[encoding])
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start)
        shown = data[error.start : error.end].hex(" ").upper()
        return file_error("KOKI-F002", row=row, byte=error.start + 1, bytes=shown, encoding=encoding)
    if encoding == "UTF-8":
        return data.removeprefix(_BOM)
    return (text.translate(TO_MICROSOFT) if encoding == "JIS" else text).encode()


def _header_errors(header: list[str], layout: Layout) -> list[FileError]:
    errors = [file_error("KOKI-F003", column=f.name, term=f.term) for f in layout.fields if f.name not in header and not f.optional_column]
    errors += [file_error("KOKI-F004", column=name) for name in header if name not in layout.names]
    repeated = sorted({name for name in header if header.count(name) > 1})
    return errors + [file_error("KOKI-F015", column=name) for name in repeated]


def _columns(body: bytes, header: list[str]) -> Written:
    if not body:
        return _written(pl.DataFrame(schema=dict.fromkeys(header, pl.String)), pl.Series(dtype=pl.Int64), 0, {})
    lines = _lines(body)
    width = len(header)
    has_quotes = b'"' in body
    bare = lines.str.replace_all('"[^"]*"', "") if has_quotes else lines
    counts = bare.str.count_matches(",", literal=True).fill_null(0) + 1
    is_split = counts == width
    if has_quotes and not (is_split.all() and lines.str.contains(_WELL_QUOTED).all()):
        return _with_csv_module(body, header)
    if is_split.all() and width > 1:
        frame = pl.read_csv(
            body, has_header=False, infer_schema=False, new_columns=header, eol_char="\n", quote_char='"' if has_quotes else None
        )
        return _written(_without_carriage_returns(frame), _numbers(lines.len()), lines.len(), {})
    numbers = _numbers(lines.len())
    ragged = dict(zip(numbers.filter(~is_split).to_list(), counts.filter(~is_split).to_list(), strict=True))
    cells = lines.filter(is_split).str.strip_suffix("\r").fill_null("").str.split_exact(",", width - 1)
    frame = cells.struct.rename_fields(header).struct.unnest()
    return _written(frame, numbers.filter(is_split), lines.len(), ragged)


def _lines(body: bytes) -> pl.Series:
    """The lines of the body as one column; the cheapest way through polars is a table without separators."""
    separator = "\x1f" if b"\x1f" not in body else "\x1e"
    if separator.encode() in body:
        return pl.Series(body.decode().removesuffix("\n").split("\n"), dtype=pl.String)
    table = pl.read_csv(
        body, has_header=False, separator=separator, quote_char=None, infer_schema=False, new_columns=["line"], eol_char="\n"
    )
    return table.get_column("line")


def _without_carriage_returns(frame: pl.DataFrame) -> pl.DataFrame:
    last = frame.columns[-1]
    return frame.with_columns(pl.col(last).str.strip_suffix("\r"))


def _with_csv_module(body: bytes, header: list[str]) -> Written:
    """Rows one by one, where quotes and a wrong number of columns come together. `csv.Error` carries the number of the row."""
    reader = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
    frames: list[pl.DataFrame] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    ragged: dict[int, int] = {}
    row_number = 0

    def flush() -> None:
        frames.append(pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row"))
        rows.clear()

    try:
        for row_number, row in enumerate(reader, 1):
            if len(row) != len(header):
                ragged[row_number] = max(len(row), 1)
                continue
            rows.append(row)
            numbers.append(row_number)
            if len(rows) == _CHUNK:
                flush()
    except csv.Error as error:
        raise csv.Error(str(row_number + 1)) from error
    flush()
    return _written(pl.concat(frames), pl.Series(numbers, dtype=pl.Int64), row_number, ragged)


def _written(frame: pl.DataFrame, row_numbers: pl.Series, row_count: int, ragged: dict[int, int]) -> Written:
    empty_as_null = frame.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in frame.columns)
    return Written(empty_as_null, row_numbers.alias("row_number"), row_count, ragged)


def _numbers(count: int) -> pl.Series:
    return pl.int_range(1, count + 1, eager=True, dtype=pl.Int64)
