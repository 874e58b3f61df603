"""Frames into tables by COPY, inside the transaction of a unit of work."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import polars as pl
from chassis.binary_copy import made_ahead

_MISLEADING: Final = r"[\\\t\n\r]"
_ESCAPED: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
ROWS_AT_A_TIME: Final = 25_000
LARGE: Final = 5_000
"""More people than this are a bulk load: whole municipalities are read at once, and search follows afterwards."""


async def copy_frame(raw: asyncpg.Connection[Any], table: str, frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """COPY the named columns of `frame` into `table`; the next part is written out while the server takes the last."""
    if frame.height:
        await raw.copy_to_table(table, source=_parts(frame.select(columns)), columns=list(columns))


async def _parts(frame: pl.DataFrame) -> AsyncIterator[bytes]:
    if frame.height <= LARGE:
        yield _text(frame)
        return
    async for part in made_ahead(lambda start: _text(frame.slice(start, ROWS_AT_A_TIME)), frame.height, ROWS_AT_A_TIME):
        yield part


def _text(frame: pl.DataFrame) -> bytes:
    """The text format of COPY, which the server reads faster than CSV: tabs between, a backslash before what would mislead it."""
    texts = pl.col(pl.String)
    if any(frame.select(texts.str.contains(_MISLEADING).any()).row(0)):
        frame = frame.with_columns(texts.str.replace_many(_ESCAPED))
    buffer = io.BytesIO()
    frame.write_csv(
        buffer,
        include_header=False,
        separator="\t",
        quote_style="never",
        null_value="\\N",
        datetime_format="%Y-%m-%d %H:%M:%S%.6f%:z",
    )
    return buffer.getvalue()


def keys_of(frame: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Municipality codes and resident numbers of a frame, as parameters for unnest."""
    return frame["municipality_code"].to_list(), frame["resident_number"].to_list()


def frame_of(rows: Sequence[Any], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Rows of the driver as a frame."""
    if not rows:
        return pl.DataFrame(schema=schema)
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def literal_time(moment: datetime) -> pl.Expr:
    """A time (UTC) as a column of microseconds."""
    return pl.lit(moment).cast(pl.Datetime("us", "UTC"))
