"""Ledgers that were made: which lines they have, and their files, kept with their hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final
from uuid import UUID

import obstore
from chassis.database import driver
from chassis.lists import PDF
from chassis.unit_of_work import UnitOfWork

from premium_service.domain.ledgers import LedgerAsked

_KEEP: Final = """
INSERT INTO made_ledger (run_id, kind, form, municipality_code, asked, place, rows, yen, asked_by, asked_at)
SELECT $1, $2, $3, $4, $5, $6, count(*), coalesce(sum(yen), 0), $7, $8 FROM ledger_line WHERE run_id = $1
"""
_PLACES: Final = """
SELECT municipality_code, min(row) AS first, count(*) AS rows, sum(yen)::bigint AS yen FROM ledger_line
WHERE run_id = $1 GROUP BY 1 ORDER BY 2
"""
_LISTING: Final = """
SELECT l.run_id, l.kind, l.form, l.municipality_code, l.asked::text, l.place, l.rows, l.yen, l.asked_by, l.asked_at, l.made_at,
       r.state AS run_state, coalesce((SELECT jsonb_agg(jsonb_build_object('number', f.number, 'municipality_code', f.municipality_code,
           'rows', f.rows, 'yen', f.yen, 'pages', f.pages, 'marked', f.marked) ORDER BY f.number)
           FROM ledger_file f WHERE f.run_id = l.run_id), '[]')::text AS files
FROM made_ledger l JOIN job_run r ON r.id = l.run_id WHERE $1::uuid IS NULL OR l.run_id = $1 ORDER BY l.asked_at DESC LIMIT $2
"""
_FILE: Final = """
SELECT f.document_key, f.document_sha256, l.form FROM ledger_file f JOIN made_ledger l USING (run_id)
WHERE (f.run_id, f.number) = ($1, $2)
"""


async def keep(uow: UnitOfWork, run_id: UUID, asked: LedgerAsked, *, form: str, place: str, by: str) -> list[dict[str, Any]]:
    """Keep what was asked, and the frozen lines' number and yen; returns first line, lines and yen of each municipality, in order."""
    raw = await driver(uow.connection)
    kept = json.dumps(asked.as_json())
    await raw.execute(_KEEP, run_id, asked.kind.value, form, asked.municipality_code, kept, place, by, uow.now)
    return [dict(row) for row in await raw.fetch(_PLACES, run_id)]


async def keep_file(
    uow: UnitOfWork, run_id: UUID, number: int, municipality_code: str, content: bytes, *, form: str, rows: int, yen: int,
    pages: int | None, marked: int,
) -> None:  # fmt: skip
    """Keep one file in the object store under its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"premium/ledgers/{run_id}/{sha256}.{'pdf' if form == PDF else 'csv'}"
    await obstore.put_async(uow.store, key, content)
    raw = await driver(uow.connection)
    await raw.execute(
        "INSERT INTO ledger_file VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        run_id, number, municipality_code, key, sha256, rows, yen, pages, marked,
    )  # fmt: skip


async def finish(uow: UnitOfWork, run_id: UUID) -> None:
    """All files are there: the frozen keys have done their work."""
    raw = await driver(uow.connection)
    await raw.execute("UPDATE made_ledger SET made_at = $2 WHERE run_id = $1", run_id, uow.now)
    await raw.execute("DELETE FROM ledger_line WHERE run_id = $1", run_id)


async def listing(uow: UnitOfWork, *, run_id: UUID | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Ledgers that the reader may see, the newest first, with their files."""
    rows = await (await driver(uow.connection)).fetch(_LISTING, run_id, limit)
    return [{**dict(row), "asked": json.loads(row["asked"]), "files": json.loads(row["files"])} for row in rows]


async def file(uow: UnitOfWork, run_id: UUID, number: int) -> dict[str, Any] | None:
    """Where a file of a ledger lies; None where there is none that the reader may see."""
    row = await (await driver(uow.connection)).fetchrow(_FILE, run_id, number)
    return dict(row) if row else None
