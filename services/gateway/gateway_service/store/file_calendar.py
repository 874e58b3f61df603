"""受け渡しの予定 in the database: the dated settings, what has arrived and been confirmed, and the alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from chassis.business_days import business_moment
from chassis.clock import uuid7
from chassis.unit_of_work import UnitOfWork
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway_service.domain.file_calendar import Direction, Expected, Happened, Slot, board

DAYS_BACK: Final = 14
"""So long a file that is late is looked for; after that its alert stays until a person has dealt with the municipality."""

_SETTINGS = """
SELECT direction, municipality_code, kind, by_hour, lower(valid_during) AS since, upper(valid_during) AS until FROM expected_file
ORDER BY direction DESC, municipality_code, kind, valid_during
"""
_DAY = "coalesce(business_day, (received_at AT TIME ZONE 'Asia/Tokyo')::date)"
_ARRIVED = f"""
SELECT municipality_code, kind, {_DAY} AS day, generation, rows, received_at, state FROM intake_file
WHERE kind IS NOT NULL AND {_DAY} BETWEEN :first AND :last AND state <> 'received'
"""
_OFFERED = """
SELECT municipality_code, kind, business_day AS day, generation, rows, offered_at, fetched_at, confirmed_at FROM down_file
WHERE business_day BETWEEN :first AND :last
"""
_END = """
UPDATE expected_file SET valid_during = daterange(lower(valid_during), :since)
WHERE (direction, municipality_code, kind) = (:direction, :code, :kind)
  AND valid_during @> CAST(:since AS date) AND lower(valid_during) < :since
"""
_FORGET_LATER = """
DELETE FROM expected_file WHERE (direction, municipality_code, kind) = (:direction, :code, :kind) AND lower(valid_during) >= :since
"""
_SET = """
INSERT INTO expected_file (id, direction, municipality_code, kind, by_hour, valid_during, set_by, set_at)
VALUES (:id, :direction, :code, :kind, :by_hour, daterange(:since, NULL), :by, :now)
"""
_RAISE = """
INSERT INTO file_alert (direction, municipality_code, kind, business_day, by_hour, raised_at)
SELECT * FROM unnest(CAST(:directions AS text[]), CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:days AS date[]),
                     CAST(:hours AS time[])) AS k, (SELECT CAST(:now AS timestamptz)) AS n
ON CONFLICT DO NOTHING
"""
_CLOSE = """
UPDATE file_alert a SET closed_at = :now
FROM unnest(CAST(:directions AS text[]), CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:days AS date[]))
  AS k(direction, code, kind, day)
WHERE (a.direction, a.municipality_code, a.kind, a.business_day) = (k.direction, k.code, k.kind, k.day) AND a.closed_at IS NULL
"""


async def settings(connection: AsyncConnection) -> list[Expected]:
    """Every setting, ended ones too."""
    rows = await connection.execute(text(_SETTINGS))
    return [Expected(Direction(row.direction), row.municipality_code, row.kind, row.by_hour, row.since, row.until) for row in rows]


async def has_setting(uow: UnitOfWork, expected: Expected) -> bool:
    """Whether there is any setting about this file, of whatever hour and days."""
    query = "SELECT EXISTS (SELECT FROM expected_file WHERE (direction, municipality_code, kind) = (:direction, :code, :kind))"
    return bool((await uow.connection.execute(text(query), _key(expected))).scalar_one())


async def set_expected(uow: UnitOfWork, expected: Expected, *, since: date, by: str) -> None:
    """From `since` on the file is expected by the hour of `expected`; what held until then keeps its days."""
    await end_expected(uow, expected, since=since)
    values = {**_key(expected), "id": uuid7(), "by_hour": expected.by_hour, "since": since, "by": by, "now": uow.now}
    await uow.connection.execute(text(_SET), values)


async def end_expected(uow: UnitOfWork, expected: Expected, *, since: date) -> None:
    """From `since` on the file is not expected any more."""
    await uow.connection.execute(text(_FORGET_LATER), {**_key(expected), "since": since})
    await uow.connection.execute(text(_END), {**_key(expected), "since": since})


def _key(expected: Expected) -> dict[str, Any]:
    return {"direction": expected.direction.value, "code": expected.municipality_code, "kind": expected.kind}


async def happened(connection: AsyncConnection, first: date, last: date) -> tuple[list[Happened], dict[tuple[str, str, date], int]]:
    """The files of some business days, and how many were refused: municipality, kind, day → count."""
    found: list[Happened] = []
    refused: dict[tuple[str, str, date], int] = {}
    days = {"first": first, "last": last}
    for row in await connection.execute(text(_ARRIVED), days):
        if row.state == "refused":
            key = (row.municipality_code, row.kind, row.day)
            refused[key] = refused.get(key, 0) + 1
        else:
            at = business_moment(row.day, row.received_at)
            found.append(Happened(Direction.UP, row.municipality_code, row.kind, row.day, row.generation, row.rows, at))
    for row in await connection.execute(text(_OFFERED), days):
        found.append(Happened(Direction.DOWN, *row))
    return found, refused


async def keep_alerts(uow: UnitOfWork, slots: Iterable[Slot]) -> None:
    """An alert for each file that was not there by its hour; closed for those that have come since."""
    overdue = [slot for slot in slots if slot.state.alerts]
    done = [slot for slot in slots if slot.files and not slot.state.alerts]
    if overdue:
        values = {**_columns(overdue), "hours": [slot.expected.by_hour for slot in overdue], "now": uow.now}
        await uow.connection.execute(text(_RAISE), values)
    if done:
        await uow.connection.execute(text(_CLOSE), {**_columns(done), "now": uow.now})


def _columns(slots: Sequence[Slot]) -> dict[str, list[str | date | time]]:
    return {
        "directions": [slot.expected.direction.value for slot in slots],
        "codes": [slot.expected.municipality_code for slot in slots],
        "kinds": [slot.expected.kind for slot in slots],
        "days": [slot.day for slot in slots],
    }


async def open_alerts(connection: AsyncConnection) -> list[Any]:
    """Files that are still missing or not confirmed, the longest first; under row-level security those of the reader."""
    query = "SELECT * FROM file_alert WHERE closed_at IS NULL ORDER BY business_day, municipality_code, kind LIMIT 500"
    return list(await connection.execute(text(query)))


async def offer(uow: UnitOfWork, values: dict[str, Any], at: datetime) -> None:
    """Keep a file for a municipality; made again, it is the same file, and what became of it stays."""
    columns = [*values, "business_day", "offered_at"]
    marks = ", ".join(f":{name}" for name in columns)
    await uow.connection.execute(
        text(f"INSERT INTO down_file ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"),
        {**values, "business_day": uow.today, "offered_at": at},
    )


async def down_files(connection: AsyncConnection, code: str, *, kind: str | None = None, most: int = 100) -> list[Any]:
    """The files that lie ready for a municipality, the newest first."""
    query = """SELECT * FROM down_file WHERE municipality_code = :code AND (CAST(:kind AS text) IS NULL OR kind = :kind)
    ORDER BY offered_at DESC, generation DESC LIMIT :most"""
    return list(await connection.execute(text(query), {"code": code, "kind": kind, "most": most}))


async def down_file(connection: AsyncConnection, code: str, kind: str, generation: int, *, lock: bool = False) -> Any | None:
    query = "SELECT * FROM down_file WHERE (municipality_code, kind, generation) = (:code, :kind, :generation)" + (" FOR UPDATE" * lock)
    return (await connection.execute(text(query), {"code": code, "kind": kind, "generation": generation})).one_or_none()


async def mark(connection: AsyncConnection, file: Any, column: str, at: datetime) -> None:
    """Write the first time that a file was fetched or confirmed (`column`)."""
    await connection.execute(
        text(
            f"UPDATE down_file SET {column} = coalesce({column}, :at) "
            "WHERE (municipality_code, kind, generation) = (:code, :kind, :generation)"
        ),
        {"at": at, "code": file.municipality_code, "kind": file.kind, "generation": file.generation},
    )


async def slots_of(uow: UnitOfWork) -> list[Slot]:
    """The expected files of the last fortnight as they stand at the present hour of the business day."""
    days = [uow.today - timedelta(days=back) for back in range(DAYS_BACK, -1, -1)]
    arrived, refused = await happened(uow.connection, days[0], days[-1])
    expected = await settings(uow.connection)
    return board(expected, arrived, refused, days, at=business_moment(uow.today, uow.now))
