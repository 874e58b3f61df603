"""A list as CSV for a spreadsheet: UTF-8 with BOM or CP932, every cell quoted, and no cell that a spreadsheet would carry out."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Final

import polars as pl

from chassis.lists import Column

CP932: Final = "csv_cp932"
_BEGINS_A_FORMULA: Final = r"^[=+\-@\t\r\n＝＋－＠]"
GETA: Final = "geta"
"""The name under which Python knows how to write 「〓」 for what an encoding has not."""


def written(rows: pl.DataFrame, columns: Sequence[Column], form: str) -> tuple[bytes, int]:
    """The file, and how many rows have a character that its encoding has not (「〓」 stands there; none in UTF-8).

    Days are ISO. What begins as a formula gets an apostrophe before it, so that it is shown and not carried out.
    """
    text = [pl.col(column.name).cast(pl.String).fill_null("") for column in columns]
    safe = [pl.when(cell.str.contains(_BEGINS_A_FORMULA)).then(pl.concat_str(pl.lit("'"), cell)).otherwise(cell) for cell in text]
    quoted = [pl.concat_str(pl.lit('"'), cell.str.replace_all('"', '""', literal=True), pl.lit('"')) for cell in safe]
    lines = rows.select(pl.concat_str(quoted, separator=",").alias("line"))["line"].to_list()
    head = ",".join(f'"{column.term}"' for column in columns)
    if form != CP932:
        return ("\ufeff" + "".join(f"{line}\r\n" for line in [head, *lines])).encode(), 0
    missing = sum(not _fits(line) for line in lines)
    return b"".join(f"{line}\r\n".encode("cp932", errors=GETA) for line in [head, *lines]), missing


def _geta(error: UnicodeError) -> tuple[str, int]:
    """「〓」 for each character that cannot be written."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "〓" * (error.end - error.start), error.end


codecs.register_error(GETA, _geta)


def _fits(line: str) -> bool:
    try:
        line.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
