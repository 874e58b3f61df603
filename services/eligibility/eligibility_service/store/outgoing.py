"""Rows and files that leave: what the ledger holds now, what has left before, and the files in the object store."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import obstore
import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.checks import dtype_of

from eligibility_service.domain import outgoing
from eligibility_service.domain.outgoing import CERTIFICATES, QUALIFICATIONS, Outgoing, Written
from eligibility_service.store.bulk import copy_frame, frame_of

_FACTS: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "insured_id": pl.String(),
    "resident_history_number": pl.Int32(),
    "insured_number": pl.String(),
    "born_on": pl.Date(),
    "sex": pl.String(),
    "acquired_on": pl.Date(),
    "acquisition_ground": pl.String(),
    "lost_on": pl.Date(),
    "loss_reason": pl.String(),
    "rate_percent": pl.Int16(),
    "limit_class": pl.Int16(),
    "copay_rate_from": pl.Date(),
    "certificate_kind": pl.String(),
    "certificate_issued_on": pl.Date(),
    "certificate_valid_until": pl.Date(),
}
# Everything hangs on insured_id: a number that changes takes no rate, class or day with it (I-41).
_NOW = """
SELECT q.municipality_code, q.resident_number, q.insured_id::text, r.sequence, q.insured_number, r.born_on, r.sex,
       q.acquired_on, q.acquisition_ground, q.lost_on, q.loss_reason, c.rate_percent, c.limit_class, c.valid_from,
       t.kind, t.issued_on, t.valid_until
FROM qualification q
JOIN resident r USING (municipality_code, resident_number)
LEFT JOIN copay_rate c ON c.insured_id = q.insured_id AND $2 BETWEEN c.valid_from AND c.valid_until
     AND (q.lost_on IS NULL OR q.lost_on > $2)
LEFT JOIN (
    SELECT DISTINCT ON (insured_id) insured_id, kind, issued_on, valid_until FROM certificate
    WHERE municipality_code = $1 AND state = 'issued' AND kind = ANY ($3::text[]) ORDER BY insured_id, issued_on DESC, serial DESC
) AS t ON t.insured_id = q.insured_id
WHERE q.municipality_code = $1 {those}
"""
_LAST = """
SELECT DISTINCT ON (insured_id) {columns} FROM {table}
WHERE municipality_code = $1 AND generation <= $2 {those} ORDER BY insured_id, history_number DESC
"""
_RELEASED = "AND generation IN (SELECT generation FROM feed_generation WHERE state = 'released' OR generation = $2)"


async def alone(uow: UnitOfWork, kind: Outgoing, municipality_code: str) -> None:
    """One generation of a municipality after the other."""
    raw = await driver(uow.connection)
    await raw.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"{kind.name}:{municipality_code}")


async def current(uow: UnitOfWork, kind: Outgoing, municipality_code: str, *, only: Collection[UUID] | None = None) -> pl.DataFrame:
    """The rows of a municipality as the ledger holds them now; `only`: of these qualifications."""
    raw = await driver(uow.connection)
    those, arguments = ("", []) if only is None else ("AND q.insured_id = ANY ($4::uuid[])", [list(only)])
    kinds = [kind.value for kind in CERTIFICATES]
    rows = await raw.fetch(_NOW.replace("{those}", those), municipality_code, uow.today, kinds, *arguments)
    facts = await asyncio.to_thread(frame_of, rows, _FACTS)
    return outgoing.as_qualifications(facts) if kind is QUALIFICATIONS else outgoing.as_feed(facts)


async def last_sent(
    uow: UnitOfWork, kind: Outgoing, municipality_code: str, *, through: int, only: Collection[UUID] | None = None
) -> pl.DataFrame:
    """The last row of each qualification, or of those in `only`, that left in a generation up to `through`."""
    raw = await driver(uow.connection)
    those, arguments = ("", []) if only is None else ("AND insured_id = ANY ($3::uuid[])", [list(only)])
    released = _RELEASED if kind.by_release else ""
    query = _LAST.replace("{columns}", _columns(kind)).replace("{table}", kind.sent_table).replace("{those}", f"{released} {those}")
    return frame_of(await raw.fetch(query, municipality_code, through, *arguments), _schema(kind))


async def sent_in(uow: UnitOfWork, kind: Outgoing, municipality_code: str, generation: int) -> pl.DataFrame:
    """The rows that left for the first time in a generation."""
    raw = await driver(uow.connection)
    query = f"SELECT {_columns(kind)} FROM {kind.sent_table} WHERE municipality_code = $1 AND generation = $2"
    return frame_of(await raw.fetch(query, municipality_code, generation), _schema(kind))


async def append(uow: UnitOfWork, kind: Outgoing, rows: pl.DataFrame, generation: int) -> None:
    """Keep rows as leaving in a generation."""
    raw = await driver(uow.connection)
    await copy_frame(raw, kind.sent_table, rows.with_columns(generation=pl.lit(generation)), [*kind.columns, "generation"])


def _columns(kind: Outgoing) -> str:
    return ", ".join("insured_id::text" if name == "insured_id" else name for name in kind.columns)


def _schema(kind: Outgoing) -> dict[str, pl.DataType]:
    types: dict[str, pl.DataType] = {field.name: dtype_of(field) for field in kind.layout.fields}
    types["history_number"] = pl.Int32()
    if "resident_history_number" in types:
        types["resident_history_number"] = pl.Int32()
    return {name: types.get(name, pl.String()) for name in kind.columns}


async def keep(uow: UnitOfWork, kind: Outgoing, written: Written, **values: Any) -> dict[str, Any]:
    """Put file and control file into the object store and write their row; `values`: the other columns of outgoing_file."""
    place = f"eligibility/{kind.folder}/{values['municipality_code']}/{values['generation']:06}"
    row = {
        "kind": kind.name, "rows": written.rows, "key": f"{place}.csv", "sha256": written.sha256,
        "control_key": f"{place}.control.json", "control_sha256": written.control_sha256, "made_at": uow.now, **values,
    }  # fmt: skip
    await put(uow, row, written)
    raw = await driver(uow.connection)
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await raw.execute(f"INSERT INTO outgoing_file ({', '.join(row)}) VALUES ({marks})", *row.values())
    return row


async def put(uow: UnitOfWork, row: Mapping[str, Any], written: Written) -> None:
    await obstore.put_async(uow.store, row["key"], written.data)
    await obstore.put_async(uow.store, row["control_key"], written.control)


async def file_of(uow: UnitOfWork, kind: Outgoing, municipality_code: str, generation: int) -> dict[str, Any] | None:
    raw = await driver(uow.connection)
    query = "SELECT * FROM outgoing_file WHERE (kind, municipality_code, generation) = ($1, $2, $3)"
    row = await raw.fetchrow(query, kind.name, municipality_code, generation)
    return dict(row) if row else None


async def latest_generation(uow: UnitOfWork, kind: Outgoing, municipality_code: str) -> int:
    """The last generation of a municipality; 0 when none was made."""
    raw = await driver(uow.connection)
    query = "SELECT coalesce(max(generation), 0) FROM outgoing_file WHERE (kind, municipality_code) = ($1, $2)"
    return int(await raw.fetchval(query, kind.name, municipality_code))


async def municipalities(uow: UnitOfWork) -> list[str]:
    """Every municipality that has told of residents, by code."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """WITH RECURSIVE code(m) AS (
            SELECT min(municipality_code) FROM resident
            UNION ALL
            SELECT (SELECT min(municipality_code) FROM resident WHERE municipality_code > m) FROM code WHERE m IS NOT NULL
        ) SELECT m FROM code WHERE m IS NOT NULL"""
    )
    return [row["m"] for row in rows]


_LEFT_BEHIND = """
SELECT count(*) FROM qualification q LEFT JOIN LATERAL (
    SELECT * FROM qualification_sent s WHERE s.municipality_code = q.municipality_code AND s.insured_id = q.insured_id
    ORDER BY history_number DESC LIMIT 1
) AS s ON true
WHERE q.municipality_code = $1 AND q.recorded_from < $2 AND (
    s.insured_id IS NULL OR (s.insured_number, s.acquired_on) <> (q.insured_number, q.acquired_on)
    OR s.lost_on IS DISTINCT FROM nullif(q.lost_on, q.acquired_on)
    OR (s.qualification_status = '9') <> (q.lost_on IS NOT NULL AND q.lost_on = q.acquired_on))
"""


async def left_behind(uow: UnitOfWork, municipality_code: str, *, known_before: datetime) -> int:
    """Qualifications known before a time whose last sent row says something else, or that have never left: there must be none.

    Asked of the tables themselves, by another way than the one that made the file.
    """
    raw = await driver(uow.connection)
    return int(await raw.fetchval(_LEFT_BEHIND, municipality_code, known_before))
