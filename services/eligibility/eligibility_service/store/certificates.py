"""Certificates: made due by the ledger, taken by those who make them, kept with the exact document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis import telemetry
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import CaseKind, CertificateKind
from contracts.events.municipal import ResidentChanged

from eligibility_service.domain.certificates import KIND_NAMES, needed
from eligibility_service.rules.certificates import certificate_year
from eligibility_service.store.bulk import copy_frame, frame_of, literal_time
from eligibility_service.store.card_holdings import with_holdings
from eligibility_service.store.cases import close_cases, raise_cases

_MAKE_DUE: Final = """
INSERT INTO certificate (
    certificate_id, municipality_code, resident_number, insured_id, origin, state, kind, kind_reason, valid_from, valid_until,
    traceparent, made_due_at)
SELECT k.certificate_id, k.m, k.n, k.insured_id, 'acquisition', 'due', k.kind, k.kind_reason, k.valid_from, k.valid_until,
       k.traceparent, $10
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::date[], $8::date[], $9::text[])
    AS k(certificate_id, m, n, insured_id, kind, kind_reason, valid_from, valid_until, traceparent)
ON CONFLICT DO NOTHING
"""
_WITHDRAW = """
UPDATE certificate c SET state = 'withdrawn', refusal = NULL, decided_at = $4
FROM unnest($1::text[], $2::text[], $3::uuid[]) AS k(m, n, insured_id)
WHERE (c.municipality_code, c.resident_number, c.insured_id) = (k.m, k.n, k.insured_id) AND c.state IN ('due', 'refused')
"""
_REFUSE = """
UPDATE certificate c SET state = 'refused', refusal = k.reason, decided_at = $3
FROM unnest($1::uuid[], $2::text[]) AS k(id, reason) WHERE c.certificate_id = k.id
RETURNING c.municipality_code, c.resident_number, c.refusal
"""
_TRY_AGAIN = """
UPDATE certificate c SET state = 'due', refusal = NULL, origin = 'acquisition', decided_at = NULL FROM resident r
WHERE c.state = 'refused' AND c.origin <> 'window' AND c.municipality_code = ANY ($1::text[])
  AND (r.municipality_code, r.resident_number) = (c.municipality_code, c.resident_number) AND r.recorded_from > c.decided_at
RETURNING c.municipality_code, c.resident_number
"""


async def follow(uow: UnitOfWork, revisions: pl.DataFrame, messages: Sequence[Message[ResidentChanged]]) -> None:
    """After single changes: who was acquired needs a certificate, who was lost needs none, a corrected name is tried again."""
    single = [row for row, message in enumerate(messages) if message.pack_id is None]
    acquired = revisions.filter(
        pl.col("begins") & (pl.col("lost_on").is_null() | (pl.col("lost_on") > uow.today)) & pl.col("row").is_in(single)
    )
    if acquired.height:
        await make_due(uow, acquired, [telemetry.traceparent_of(messages[row]) for row in acquired["row"]])
    await after_records(uow, revisions, {message.event.municipality_code for message in messages})


async def after_records(uow: UnitOfWork, revisions: pl.DataFrame, municipalities: set[str]) -> None:
    """Certificates due for people who are insured no more are withdrawn; one refused for its name is due again after a new record."""
    raw = await driver(uow.connection)
    lost = revisions.filter(pl.col("lost_on").is_not_null() & (pl.col("lost_on") <= uow.today))
    if lost.height:
        await raw.execute(
            _WITHDRAW, lost["municipality_code"].to_list(), lost["resident_number"].to_list(), lost["insured_id"].to_list(), uow.now
        )
    again = await raw.fetch(_TRY_AGAIN, sorted(municipalities))
    people = [(row["municipality_code"], row["resident_number"]) for row in again]
    await close_cases(uow, CaseKind.CERTIFICATE_UNPRINTABLE, people)


async def make_due(uow: UnitOfWork, acquired: pl.DataFrame, traceparents: Sequence[str | None]) -> None:
    """One certificate due for each; the trace of what caused it goes on when it is made."""
    raw = await driver(uow.connection)
    rows = needed(await with_holdings(uow, acquired), on=uow.today)
    await raw.execute(
        _MAKE_DUE,
        [uuid7() for _ in range(rows.height)],
        *(rows[name].to_list() for name in ("municipality_code", "resident_number", "insured_id", "kind", "kind_reason")),
        rows["valid_from"].to_list(),
        rows["valid_until"].to_list(),
        list(traceparents),
        uow.now,
    )


_WITHOUT = """
SELECT q.municipality_code, q.resident_number, q.insured_id::text, q.acquired_on, r.born_on, h.holds
FROM qualification q JOIN resident r USING (municipality_code, resident_number) LEFT JOIN card_holding h USING (insured_id)
WHERE q.acquired_on <= $1 AND (q.lost_on IS NULL OR q.lost_on > $1) AND NOT EXISTS (
    SELECT FROM certificate c WHERE c.insured_id = q.insured_id AND c.valid_until = $2 AND c.origin <> 'window' AND c.state <> 'withdrawn')
ORDER BY q.municipality_code, q.resident_number
"""
_SCHEMA: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "insured_id": pl.String(),
    "acquired_on": pl.Date(),
    "born_on": pl.Date(),
    "holds": pl.Boolean(),
}
_RUN_COLUMNS: Final = (
    "municipality_code", "resident_number", "insured_id", "origin", "run_id", "state", "kind", "kind_reason", "valid_from", "valid_until",
    "made_due_at",
)  # fmt: skip
_TRY_REFUSED = """
UPDATE certificate SET run_id = $1, origin = 'run', state = 'due', refusal = NULL, decided_at = NULL
WHERE state = 'refused' AND origin <> 'window' AND valid_until = $2
"""


async def make_due_for_run(uow: UnitOfWork, run_id: UUID, *, on: date) -> int:
    """Everybody insured on `on` without a certificate for its year gets one due in this run; refused ones are tried again. How many."""
    raw = await driver(uow.connection)
    _, until = certificate_year(on)
    await raw.execute(_TRY_REFUSED, run_id, until)
    without = frame_of(await raw.fetch(_WITHOUT, on, until), _SCHEMA)
    rows = needed(without, on=on).with_columns(
        origin=pl.lit("run"), run_id=pl.lit(str(run_id)), state=pl.lit("due"), made_due_at=literal_time(uow.now)
    )
    await copy_frame(raw, "certificate", rows, _RUN_COLUMNS)
    return int(await raw.fetchval("SELECT count(*) FROM certificate WHERE run_id = $1 AND state = 'due'", run_id))


async def chunks_of_run(uow: UnitOfWork, run_id: UUID, *, size: int) -> list[tuple[str, str, int]]:
    """(first certificate, last certificate, how many) in the order of municipality and resident; certificates are named by their keys."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT min(key COLLATE "C") AS first, max(key COLLATE "C") AS last, count(*) AS records FROM (
            SELECT municipality_code || ':' || resident_number AS key,
                   (row_number() OVER (ORDER BY municipality_code, resident_number) - 1) / $2 AS part
            FROM certificate WHERE run_id = $1 AND state = 'due') AS numbered
        GROUP BY part ORDER BY part""",
        run_id,
        size,
    )
    return [(row["first"], row["last"], row["records"]) for row in rows]


async def due_between(uow: UnitOfWork, run_id: UUID, first: str, last: str) -> list[UUID]:
    """The due certificates of a run from one key to another (municipality code:resident number)."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT certificate_id FROM certificate WHERE run_id = $1 AND state = 'due'
          AND (municipality_code, resident_number) BETWEEN (split_part($2, ':', 1), split_part($2, ':', 2))
          AND (split_part($3, ':', 1), split_part($3, ':', 2)) ORDER BY municipality_code, resident_number""",
        run_id,
        first,
        last,
    )
    return [row["certificate_id"] for row in rows]


async def counts_of_run(uow: UnitOfWork, run_id: UUID) -> list[dict[str, Any]]:
    """How many certificates of a run stand in each state, by municipality and kind."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        "SELECT municipality_code, kind, state, count(*) AS count FROM certificate WHERE run_id = $1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        run_id,
    )
    return [dict(row) for row in rows]


async def take_due(uow: UnitOfWork) -> tuple[UUID, str | None] | None:
    """The oldest certificate that a single acquisition has made due, locked, with its trace; None when there is none."""
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        """SELECT certificate_id, traceparent FROM certificate WHERE state = 'due' AND origin = 'acquisition'
        ORDER BY made_due_at LIMIT 1 FOR UPDATE SKIP LOCKED"""
    )
    return (row["certificate_id"], row["traceparent"]) if row else None


async def refuse(uow: UnitOfWork, refused: Sequence[tuple[UUID, str]]) -> None:
    """Put certificates aside, each with its reason, for a person to look at."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(_REFUSE, [found for found, _ in refused], [reason for _, reason in refused], uow.now)
    people = [(row["municipality_code"], row["resident_number"]) for row in rows]
    await raise_cases(uow, CaseKind.CERTIFICATE_UNPRINTABLE, people, [row["refusal"] for row in rows])


async def insured_today(uow: UnitOfWork, municipality_code: str, resident_number: str) -> dict[str, Any] | None:
    """The qualification of a person that holds today, with the day of birth; None for whoever is not insured."""
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        """SELECT q.municipality_code, q.resident_number, q.insured_id::text, q.acquired_on, r.born_on, h.holds
        FROM qualification q JOIN resident r USING (municipality_code, resident_number) LEFT JOIN card_holding h USING (insured_id)
        WHERE (q.municipality_code, q.resident_number) = ($1, $2) AND q.acquired_on <= $3 AND (q.lost_on IS NULL OR q.lost_on > $3)""",
        municipality_code,
        resident_number,
        uow.today,
    )
    return dict(row) if row else None


async def ask_at_window(uow: UnitOfWork, insured: Mapping[str, Any]) -> UUID:
    """A certificate asked for at the window, beside any other; `insured` as `insured_today` gives it."""
    raw = await driver(uow.connection)
    certificate_id = uuid7()
    frame = needed(pl.DataFrame([dict(insured)], schema=_SCHEMA), on=uow.today).with_columns(
        certificate_id=pl.lit(str(certificate_id)), origin=pl.lit("window"), state=pl.lit("due"), made_due_at=literal_time(uow.now)
    )
    await copy_frame(raw, "certificate", frame, ["certificate_id", *(name for name in _RUN_COLUMNS if name != "run_id")])
    return certificate_id


async def issued(uow: UnitOfWork, certificate_id: UUID) -> dict[str, Any]:
    """An issued certificate as the API gives it: plain JSON values."""
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        """SELECT certificate_id, municipality_code, resident_number, kind, serial, valid_from, valid_until, issued_on, document_sha256
        FROM certificate WHERE certificate_id = $1 AND state = 'issued'""",
        certificate_id,
    )
    plain = {name: value if isinstance(value, int) else str(value) for name, value in dict(row).items()}
    return {**plain, "kind_name": KIND_NAMES[CertificateKind(row["kind"])]}
