"""Municipal intake in the database: files, errors, parked rows and the counts that must add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.clock import derived_id
from chassis.database import copy_in, driver
from chassis.unit_of_work import UnitOfWork
from pydantic_core import to_json
from sqlalchemy import text

HANDLER = "intake"
_ERROR_COLUMNS = (
    "intake_id", "number", "municipality_code", "code", "severity", "row_number", "column_name", "term", "value", "message", "remedy",
)  # fmt: skip
_PARKED_COLUMNS = ("id", "intake_id", "municipality_code", "kind", "resident_number", "history_number", "row", "reasons", "parked_at")
_ADMIT = """
INSERT INTO inbox (message_id, handler) SELECT id, $2 FROM unnest($1::uuid[]) AS k(id) ON CONFLICT DO NOTHING RETURNING message_id
"""
_COUNT = """
INSERT INTO intake_message_count AS c (municipality_code, kind, received_on, accepted, rejected, parked)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::bigint[], $5::bigint[], $6::bigint[]) ORDER BY 1, 2, 3
ON CONFLICT (municipality_code, kind, received_on) DO UPDATE
SET accepted = c.accepted + excluded.accepted, rejected = c.rejected + excluded.rejected, parked = c.parked + excluded.parked
"""
_REPLACE = """
UPDATE parked_row p SET replaced_at = $1 FROM unnest($4::text[], $5::int[]) AS k(resident_number, history_number)
WHERE p.municipality_code = $2 AND p.kind = $3 AND p.replaced_at IS NULL
  AND p.resident_number = k.resident_number AND p.history_number = k.history_number
"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong value, of a file or of a change."""

    intake_id: UUID
    municipality_code: str
    code: str
    severity: str
    message: str
    remedy: str
    row_number: int | None = None
    column: str | None = None
    term: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """A row that waits until its characters are identified."""

    intake_id: UUID
    municipality_code: str
    kind: str
    row: dict[str, Any]
    reasons: Sequence[dict[str, Any]]


def change_key(municipality_code: str, message_id: UUID) -> UUID:
    """The id of a single change here: two municipalities may have drawn the same message id."""
    return derived_id("municipal message", municipality_code, message_id)


async def admit(uow: UnitOfWork, keys: Sequence[UUID]) -> set[UUID]:
    """Those changes that have not come before."""
    rows = await (await driver(uow.connection)).fetch(_ADMIT, list(keys), HANDLER)
    return {row["message_id"] for row in rows}


async def keep_errors(uow: UnitOfWork, errors: Iterable[Wrong]) -> None:
    numbers: dict[UUID, int] = {}
    records = []
    for error in errors:
        numbers[error.intake_id] = number = numbers.get(error.intake_id, 0) + 1
        records.append(
            (
                error.intake_id,
                number,
                error.municipality_code,
                error.code,
                error.severity,
                error.row_number,
                error.column,
                error.term,
                error.value,
                error.message,
                error.remedy,
            )
        )
    if records:
        await copy_in(uow.connection, "intake_error", _ERROR_COLUMNS, records)


async def park(uow: UnitOfWork, rows: Iterable[Parked]) -> None:
    records = [
        (
            uuid4(),
            row.intake_id,
            row.municipality_code,
            row.kind,
            row.row["resident_number"],
            row.row["history_number"],
            to_json(row.row).decode(),
            to_json(row.reasons).decode(),
            uow.now,
        )
        for row in rows
    ]
    if records:
        await copy_in(uow.connection, "parked_row", _PARKED_COLUMNS, records)


async def replace_parked(uow: UnitOfWork, municipality_code: str, kind: str, rows: Sequence[tuple[str, int]]) -> None:
    """Close what was parked and has now come in order; `rows` are (resident number, history number)."""
    if rows:
        numbers, histories = [row[0] for row in rows], [row[1] for row in rows]
        await (await driver(uow.connection)).execute(_REPLACE, uow.now, municipality_code, kind, numbers, histories)


async def count_changes(uow: UnitOfWork, counts: dict[tuple[str, str, date], tuple[int, int, int]]) -> None:
    """Add (accepted, rejected, parked) to the day's counts of (municipality, kind, day)."""
    if counts:
        keys, values = list(counts), list(counts.values())
        columns = [[key[i] for key in keys] for i in range(3)] + [[value[i] for value in values] for i in range(3)]
        await (await driver(uow.connection)).execute(_COUNT, *columns)


async def errors_of(uow: UnitOfWork, intake_ids: Sequence[UUID], *, limit: int = 1_000_000) -> list[Any]:
    """Rows of intake_error, by file or change and by number."""
    query = text("SELECT * FROM intake_error WHERE intake_id = ANY(:ids) ORDER BY intake_id, number LIMIT :limit")
    return list(await uow.connection.execute(query, {"ids": list(intake_ids), "limit": limit}))


@dataclass(frozen=True, slots=True)
class IntakeFile:
    """A file as it was handed in."""

    id: UUID
    municipality_code: str
    file_name: str
    data_key: str
    data_sha256: str
    control_key: str
    received_at: datetime
    traceparent: str | None


_NEXT_FILE = """
SELECT id, municipality_code, file_name, data_key, data_sha256, control_key, received_at, traceparent FROM intake_file f
WHERE state = 'received' AND NOT EXISTS (
  SELECT FROM intake_file e WHERE e.state = 'received' AND e.municipality_code = f.municipality_code AND e.received_at < f.received_at)
ORDER BY received_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_SAME_FILE = """
SELECT id, state FROM intake_file
WHERE municipality_code = :code AND data_sha256 = :data AND (control_sha256 = :control OR (state <> 'refused' AND parked = 0))
ORDER BY received_at LIMIT 1
"""
_RECEIVE = """
INSERT INTO intake_file
  (id, municipality_code, file_name, data_key, data_sha256, data_bytes, control_key, control_sha256, received_at, business_day, traceparent)
VALUES (:id, :code, :file_name, :data_key, :data, :bytes, :control_key, :control, :now, :today, :traceparent)
ON CONFLICT (municipality_code, data_sha256, control_sha256) DO NOTHING RETURNING id
"""


async def take_next_file(uow: UnitOfWork) -> IntakeFile | None:
    """The oldest file that waits, locked; files of one municipality one after the other, in the order they came."""
    row = (await uow.connection.execute(text(_NEXT_FILE))).one_or_none()
    return IntakeFile(*row) if row else None


async def find_same_file(uow: UnitOfWork, code: str, data_sha256: str, control_sha256: str) -> Any | None:
    """(id, state) of a file of this municipality with the same content.

    A refused one, and one with parked rows (their characters may be known by now), count only with the same control file.
    """
    return (await uow.connection.execute(text(_SAME_FILE), {"code": code, "data": data_sha256, "control": control_sha256})).one_or_none()


async def receive_file(uow: UnitOfWork, values: dict[str, Any]) -> bool:
    """Keep a file for processing; False when the same one is already there."""
    return (await uow.connection.execute(text(_RECEIVE), values)).one_or_none() is not None


async def latest_generation(uow: UnitOfWork, code: str, kind: str) -> int:
    """The newest generation that was accepted; 0 when none was."""
    query = (
        "SELECT coalesce(max(generation), 0) FROM intake_file WHERE municipality_code = :code AND kind = :kind AND state LIKE 'accepted%'"
    )
    return int((await uow.connection.execute(text(query), {"code": code, "kind": kind})).scalar_one())


async def finish_file(uow: UnitOfWork, file_id: UUID, **values: Any) -> None:
    """Write the result of a file: state, kind, generation, rows, accepted, rejected, parked, batch_id."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await uow.connection.execute(
        text(f"UPDATE intake_file SET {columns}, finished_at = :now WHERE id = :id"), {**values, "now": uow.now, "id": file_id}
    )


async def find_file(uow: UnitOfWork, file_id: UUID) -> dict[str, Any] | None:
    row = (await uow.connection.execute(text("SELECT * FROM intake_file WHERE id = :id"), {"id": file_id})).mappings().one_or_none()
    return dict(row) if row else None


async def has_parked(uow: UnitOfWork, code: str, kind: str) -> bool:
    """Whether anything of this municipality and kind is parked."""
    query = "SELECT EXISTS (SELECT FROM parked_row WHERE municipality_code = :code AND kind = :kind AND replaced_at IS NULL)"
    return bool((await uow.connection.execute(text(query), {"code": code, "kind": kind})).scalar_one())
