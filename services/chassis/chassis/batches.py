"""Sealed batches: Parquet files in object storage (a folder, or S3 by URL), verified by their seal before a row is loaded."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import obstore
import polars as pl
from contracts.batches import BatchSealed, Seal
from obstore.store import LocalStore, ObjectStore, from_url


class SealBroken(Exception):
    """The file is not what the event announced; nothing of it was loaded."""


def open_store(location: str) -> ObjectStore:
    """A folder by path, anything else by URL (s3://…)."""
    if "://" in location:
        return from_url(location)
    folder = Path(location)
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(prefix=str(folder.resolve()))


def totals_of(frame: pl.DataFrame, columns: tuple[str, ...]) -> dict[str, int]:
    """Control totals: the sum of each named column (nulls count as nothing)."""
    return {column: int(frame[column].sum() or 0) for column in columns}


async def seal(store: ObjectStore, key: str, frame: pl.DataFrame, *, schema_name: str, totals: tuple[str, ...]) -> Seal:
    """Write `frame` under `key` and return its seal: row count, control totals of the named columns, SHA-256."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1)
    content = buffer.getvalue()
    await obstore.put_async(store, key, content)
    return Seal(schema_name=schema_name, rows=frame.height, totals=totals_of(frame, totals), sha256=hashlib.sha256(content).hexdigest())


async def open_sealed(store: ObjectStore, event: BatchSealed, *, schema_name: str) -> pl.DataFrame:
    """The rows of a sealed batch; SealBroken names what differs."""
    try:
        result = await obstore.get_async(store, event.key)
    except FileNotFoundError as error:
        # Not a passing weakness of the store: the file is written before it is announced.
        raise SealBroken(f"{event.key} is not in the object store.") from error
    content = bytes(await result.bytes_async())
    found = hashlib.sha256(content).hexdigest()
    if found != event.seal.sha256:
        raise SealBroken(f"{event.key}: SHA-256 is {found}, the seal says {event.seal.sha256}.")
    if event.seal.schema_name != schema_name:
        raise SealBroken(f"{event.key}: schema {event.seal.schema_name}, expected {schema_name}.")
    frame = pl.read_parquet(io.BytesIO(content))
    if frame.height != event.seal.rows:
        raise SealBroken(f"{event.key}: {frame.height} rows, the seal says {event.seal.rows}.")
    if missing := event.seal.totals.keys() - set(frame.columns):
        raise SealBroken(f"{event.key}: no column {', '.join(sorted(missing))}, which the seal has a total of.")
    totals = totals_of(frame, tuple(event.seal.totals))
    if totals != event.seal.totals:
        raise SealBroken(f"{event.key}: control totals {totals}, the seal says {event.seal.totals}.")
    return frame


def text_series(column: npt.NDArray[np.bytes_]) -> pl.Series:
    """Texts of fixed bytes, as a COPY brings them, without the spaces at their end."""
    return pl.Series(column.tolist(), dtype=pl.Binary).cast(pl.String).str.strip_chars_end()


def uuid_series(column: npt.NDArray[np.bytes_]) -> pl.Series:
    """Uuids of sixteen fixed bytes as texts with hyphens."""
    raw = np.ascontiguousarray(column).tobytes()
    digits = pl.Series([raw[start : start + 16] for start in range(0, len(raw), 16)], dtype=pl.Binary).bin.encode("hex")
    return digits.str.replace("^(.{8})(.{4})(.{4})(.{4})", "$1-$2-$3-$4-")
