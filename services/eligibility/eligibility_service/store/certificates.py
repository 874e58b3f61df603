"""Certificates: made due by the ledger, taken by those who make them, kept with the exact document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
from chassis import telemetry
from chassis.clock import derived_id
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged

from eligibility_service.domain.certificates import needed
from eligibility_service.domain.ledger import Turn

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
_TRY_AGAIN = """
WITH again AS (
    UPDATE certificate c SET state = 'due', refusal = NULL, origin = 'acquisition', decided_at = NULL FROM resident r
    WHERE c.state = 'refused' AND c.origin <> 'window' AND c.municipality_code = ANY ($1::text[])
      AND (r.municipality_code, r.resident_number) = (c.municipality_code, c.resident_number) AND r.recorded_from > c.decided_at
    RETURNING c.municipality_code, c.resident_number
)
UPDATE worklist_item w SET closed_at = $2 FROM again a
WHERE (w.municipality_code, w.resident_number) = (a.municipality_code, a.resident_number) AND w.closed_at IS NULL
"""


async def follow(uow: UnitOfWork, revisions: pl.DataFrame, messages: Sequence[Message[ResidentChanged]]) -> None:
    """After single changes: who was acquired needs a certificate, who was lost needs none, a corrected name is tried again."""
    single = [row for row, message in enumerate(messages) if message.pack_id is None]
    acquired = revisions.filter(
        (pl.col("turn") == Turn.ACQUIRED.value)
        & (pl.col("lost_on").is_null() | (pl.col("lost_on") > uow.today))
        & pl.col("row").is_in(single)
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
    await raw.execute(_TRY_AGAIN, sorted(municipalities), uow.now)


async def make_due(uow: UnitOfWork, acquired: pl.DataFrame, traceparents: Sequence[str | None]) -> None:
    """One certificate due for each; the trace of what caused it goes on when it is made."""
    raw = await driver(uow.connection)
    rows = needed(acquired, on=uow.today)
    await raw.execute(
        _MAKE_DUE,
        [derived_id("certificate", row["insured_id"], row["valid_until"], row["revision"]) for row in rows.iter_rows(named=True)],
        *(rows[name].to_list() for name in ("municipality_code", "resident_number", "insured_id", "kind", "kind_reason")),
        rows["valid_from"].to_list(),
        rows["valid_until"].to_list(),
        list(traceparents),
        uow.now,
    )
