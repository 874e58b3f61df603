"""Lists that were made: the rows as they were, frozen, and the files of them, kept with their hash."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

import obstore
import polars as pl
from chassis.database import driver
from chassis.lists import PDF
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.lists import Frozen, ListAsked
from eligibility_service.store import lists

AT_ONCE: Final = 1_000
"""A list of so many rows is made while its officer waits; a longer one is a job."""
_KEEP: Final = """
INSERT INTO made_list (list_id, kind, form, municipality_code, asked, place, rows, rows_key, rows_sha256, run_id, asked_by, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (list_id) DO NOTHING
"""
_KEEP_PART: Final = """
INSERT INTO made_list_part (list_id, number, document_key, document_sha256, rows, pages) VALUES ($1, $2, $3, $4, $5, $6)
"""
_FIND: Final = "SELECT *, asked::text AS asked FROM made_list WHERE list_id = $1"
_LISTING: Final = """
SELECT l.list_id, l.kind, l.form, l.municipality_code, l.place, l.rows, l.marked, l.asked_by, l.asked_at, l.made_at, r.state AS run_state,
       COALESCE((SELECT jsonb_agg(jsonb_build_object('number', p.number, 'rows', p.rows, 'pages', p.pages) ORDER BY p.number)
                 FROM made_list_part p WHERE p.list_id = l.list_id), '[]')::text AS parts
FROM made_list l LEFT JOIN job_run r ON r.id = l.run_id
WHERE $1::uuid IS NULL OR l.list_id = $1 ORDER BY l.asked_at DESC LIMIT $2
"""
# A file that is older than a protection still shows the address: whoever is protected now and was not when the rows were frozen.
_PART: Final = """
SELECT l.kind, l.form, p.document_key, p.document_sha256, EXISTS (
    SELECT FROM address_protection a
    WHERE upper_inf(a.recorded_during) AND upper_inf(a.valid_during) AND lower(a.recorded_during) > l.asked_at
      AND l.municipality_code IN ('*', a.municipality_code) AND NOT EXISTS (
        SELECT FROM address_protection e
        WHERE (e.municipality_code, e.resident_number) = (a.municipality_code, a.resident_number)
          AND e.recorded_during @> l.asked_at AND upper_inf(e.valid_during))) AS shows_withheld_address
FROM made_list_part p JOIN made_list l USING (list_id)
WHERE (p.list_id, p.number) = ($1, $2)
"""


Write = Callable[[Frozen, pl.DataFrame, int, date], tuple[bytes, int | None, int]]
"""A file of some rows of a list from row `first`, made on a day: its bytes, its pages (of a PDF), and how many cells are marked."""


class RowsChanged(Exception):
    """The frozen rows are not those that were kept; no file is made of them."""


class AlreadyFrozen(Exception):
    """The same list was asked for at the same moment, and stands already."""


async def freeze(uow: UnitOfWork, list_id: UUID, asked: ListAsked, *, form: str, place: str, by: str, run_id: UUID | None = None) -> Frozen:
    """Read the rows of a list and keep them, so that every part of it shows the same knowledge. AlreadyFrozen where it is kept."""
    rows = await lists.rows(uow, asked)
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    content, key = buffer.getvalue(), f"eligibility/lists/{list_id}/rows.parquet"
    sha256 = hashlib.sha256(content).hexdigest()
    kept = json.dumps(asked.as_json())
    values = asked.kind.value, form, asked.municipality_code, kept, place, rows.height, key, sha256, run_id, by, uow.now
    if await (await driver(uow.connection)).execute(_KEEP, list_id, *values) == "INSERT 0 0":
        raise AlreadyFrozen(f"{list_id} is kept already.")
    await obstore.put_async(uow.store, key, content)
    return Frozen(list_id, asked, form, place, rows, by)


async def thaw(uow: UnitOfWork, list_id: UUID) -> Frozen:
    """A list as it was frozen. RowsChanged where the kept rows are others."""
    row = await (await driver(uow.connection)).fetchrow(_FIND, list_id)
    content = bytes(await (await obstore.get_async(uow.store, row["rows_key"])).bytes_async())
    if hashlib.sha256(content).hexdigest() != row["rows_sha256"]:
        raise RowsChanged(f"{row['rows_key']} is not the file that was kept.")
    asked = ListAsked.of_json(json.loads(row["asked"]))
    return Frozen(list_id, asked, row["form"], row["place"], pl.read_parquet(io.BytesIO(content)), row["asked_by"])


async def make_part(uow: UnitOfWork, found: Frozen, write: Write, *, number: int, first: int, rows: int) -> int:
    """Make and keep one file of a list: `rows` rows from row `first` (from 0); how many of them are marked."""
    part = found.rows.slice(first, rows)
    content, pages, marked = await asyncio.to_thread(write, found, part, first, uow.today)
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"eligibility/lists/{found.list_id}/{sha256}.{'pdf' if found.form == PDF else 'csv'}"
    await obstore.put_async(uow.store, key, content)
    raw = await driver(uow.connection)
    await raw.execute(_KEEP_PART, found.list_id, number, key, sha256, part.height, pages)
    await raw.execute("UPDATE made_list SET marked = marked + $2 WHERE list_id = $1", found.list_id, marked)
    return marked


async def finish(uow: UnitOfWork, list_id: UUID) -> None:
    """All parts are there."""
    await (await driver(uow.connection)).execute("UPDATE made_list SET made_at = $2 WHERE list_id = $1", list_id, uow.now)


async def listing(uow: UnitOfWork, *, list_id: UUID | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Lists that the reader may see, the newest first, with their files."""
    rows = await (await driver(uow.connection)).fetch(_LISTING, list_id, limit)
    return [{**dict(row), "parts": json.loads(row["parts"])} for row in rows]


async def part(uow: UnitOfWork, list_id: UUID, number: int) -> dict[str, Any] | None:
    """Where a file of a list lies; None where there is none that the reader may see."""
    row = await (await driver(uow.connection)).fetchrow(_PART, list_id, number)
    return dict(row) if row else None
