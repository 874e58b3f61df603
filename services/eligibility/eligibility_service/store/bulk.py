"""Frames into tables by COPY, inside the transaction of a unit of work."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import polars as pl

ROWS_AT_A_TIME: Final = 50_000
LARGE: Final = 5_000
"""More people than this are a bulk load: whole municipalities are read at once, and search follows afterwards."""


async def copy_frame(raw: asyncpg.Connection[Any], table: str, frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """COPY the named columns of `frame` into `table`; the next part is written out while the server takes the last."""
    if frame.height == 0:
        return
    selected = frame.select(columns)
    if frame.height <= ROWS_AT_A_TIME:
        await raw.copy_to_table(table, source=io.BytesIO(_csv(selected)), columns=list(columns), format="csv")
        return
    await raw.copy_to_table(table, source=_parts(selected), columns=list(columns), format="csv")


async def _parts(frame: pl.DataFrame) -> AsyncIterator[bytes]:
    ahead = asyncio.create_task(asyncio.to_thread(_csv, frame.slice(0, ROWS_AT_A_TIME)))
    for start in range(ROWS_AT_A_TIME, frame.height + ROWS_AT_A_TIME, ROWS_AT_A_TIME):
        part = await ahead
        if start < frame.height:
            ahead = asyncio.create_task(asyncio.to_thread(_csv, frame.slice(start, ROWS_AT_A_TIME)))
        yield part


def _csv(frame: pl.DataFrame) -> bytes:
    # An empty text is quoted and a null is nothing, which is how COPY tells them apart.
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, null_value="", quote_style="necessary", datetime_format="%Y-%m-%dT%H:%M:%S%.6f%:z")
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
