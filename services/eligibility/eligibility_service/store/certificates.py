"""Certificates: made due by the ledger, taken by those who make them, asked for at the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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

from eligibility_service.domain.certificates import KIND_NAMES, Family, IssueReason
from eligibility_service.store import phases, replacing
from eligibility_service.store.bulk import keys_of
from eligibility_service.store.cases import close_cases, raise_cases
from eligibility_service.store.needs import needs_of
from eligibility_service.store.residence_surveys import NOT_SEARCHED, held

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
UPDATE certificate c SET state = 'due', refusal = NULL, origin = CASE c.origin WHEN 'change' THEN 'change' ELSE 'acquisition' END,
    decided_at = NULL
FROM resident r
WHERE c.state = 'refused' AND c.origin <> 'window' AND c.municipality_code = ANY ($1::text[])
  AND (r.municipality_code, r.resident_number) = (c.municipality_code, c.resident_number) AND r.recorded_from > c.decided_at
RETURNING c.municipality_code, c.resident_number
"""


async def follow(uow: UnitOfWork, revisions: pl.DataFrame, messages: Sequence[Message[ResidentChanged]]) -> None:
    """After single changes: who was acquired needs a certificate, who was lost none, who is called otherwise or moved a new one."""
    single = [row for row, message in enumerate(messages) if message.pack_id is None]
    acquired = revisions.filter(
        pl.col("begins") & (pl.col("lost_on").is_null() | (pl.col("lost_on") > uow.today)) & pl.col("row").is_in(single)
    )
    await make_due(uow, acquired, [telemetry.traceparent_of(messages[row]) for row in acquired["row"]])
    await after_records(uow, revisions, {message.event.municipality_code for message in messages})
    traces = {(message.event.municipality_code, message.event.resident_number): telemetry.traceparent_of(message) for message in messages}
    await replacing.replace_changed(uow, traces)


async def after_entry(uow: UnitOfWork, revisions: pl.DataFrame) -> None:
    """After an entry or 名寄せ: who is insured now and was not needs a certificate, who was lost none, and another number a new one."""
    acquired = revisions.filter(pl.col("begins") & (pl.col("lost_on").is_null() | (pl.col("lost_on") > uow.today)))
    await make_due(uow, acquired, [telemetry.traceparent_of(None)] * acquired.height)
    await after_records(uow, revisions, set(revisions["municipality_code"]))
    people = revisions.select("municipality_code", "resident_number").iter_rows()
    await replacing.replace_changed(uow, dict.fromkeys(people, telemetry.traceparent_of(None)))


async def after_records(uow: UnitOfWork, revisions: pl.DataFrame, municipalities: set[str]) -> None:
    """What is due for people who are insured no more is withdrawn, and what they hold is to be collected.

    A certificate refused for its name is due again after a new record.
    """
    raw = await driver(uow.connection)
    lost = revisions.filter(pl.col("lost_on").is_not_null() & (pl.col("lost_on") <= uow.today))
    if lost.height:
        await raw.execute(
            _WITHDRAW, lost["municipality_code"].to_list(), lost["resident_number"].to_list(), lost["insured_id"].to_list(), uow.now
        )
        await replacing.collect_from_those_who_left(uow, lost["insured_id"].to_list())
    begun = revisions.filter("begins")
    if begun.height:
        await replacing.keep_after_all(uow, begun["insured_id"].to_list())
    again = await raw.fetch(_TRY_AGAIN, sorted(municipalities))
    people = [(row["municipality_code"], row["resident_number"]) for row in again]
    await close_cases(uow, CaseKind.CERTIFICATE_UNPRINTABLE, people)


async def make_due(uow: UnitOfWork, acquired: pl.DataFrame, traceparents: Sequence[str | None]) -> None:
    """One certificate due for each; the trace of what caused it goes on when it is made.

    None for whoever is looked for, and none before routine work: those of a first load are printed together, by `issue-cards`.
    """
    people = list(zip(*keys_of(acquired), strict=True))
    if not people or not await phases.is_routine(uow):
        return
    searched = await held(uow, people)
    traces = pl.DataFrame({"insured_id": acquired["insured_id"], "traceparent": pl.Series(traceparents, dtype=pl.String)})
    traces = traces.filter(pl.Series([person not in searched for person in people]))
    raw = await driver(uow.connection)
    rows = (await needs_of(uow, traces["insured_id"].to_list(), on=uow.today)).join(traces, on="insured_id")
    await raw.execute(
        _MAKE_DUE,
        [uuid7() for _ in range(rows.height)],
        *(rows[name].to_list() for name in ("municipality_code", "resident_number", "insured_id", "kind", "kind_reason")),
        rows["valid_from"].to_list(),
        rows["valid_until"].to_list(),
        rows["traceparent"].to_list(),
        uow.now,
    )


async def take_due(uow: UnitOfWork) -> tuple[UUID, str | None] | None:
    """The oldest certificate that a single acquisition or change has made due, locked, with its trace; None when there is none.

    Of whoever is looked for it waits until the survey ends.
    """
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        f"""SELECT c.certificate_id, c.traceparent FROM certificate c
        WHERE c.state = 'due' AND c.origin IN ('acquisition', 'change') AND {NOT_SEARCHED}
        ORDER BY c.made_due_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED"""
    )
    return (row["certificate_id"], row["traceparent"]) if row else None


async def refuse(uow: UnitOfWork, refused: Sequence[tuple[UUID, str]]) -> None:
    """Put certificates aside, each with its reason, for a person to look at."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(_REFUSE, [found for found, _ in refused], [reason for _, reason in refused], uow.now)
    people = [(row["municipality_code"], row["resident_number"]) for row in rows]
    await raise_cases(uow, CaseKind.CERTIFICATE_UNPRINTABLE, people, [row["refusal"] for row in rows])


async def insured_today(uow: UnitOfWork, municipality_code: str, resident_number: str) -> dict[str, Any] | None:
    """The qualification of a person that holds today; None for whoever is not insured."""
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        """SELECT q.municipality_code, q.resident_number, q.insured_id, q.acquired_on FROM qualification q
        WHERE (q.municipality_code, q.resident_number) = ($1, $2) AND q.acquired_on <= $3 AND (q.lost_on IS NULL OR q.lost_on > $3)""",
        municipality_code,
        resident_number,
        uow.today,
    )
    return dict(row) if row else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate that is asked for at the window: of which family and why, and what it rests on."""

    family: Family = Family.CARD
    reason: IssueReason = IssueReason.OTHER
    kind: CertificateKind | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    application_id: UUID | None = None
    disease: str | None = None


async def ask_at_window(uow: UnitOfWork, insured_id: UUID, wanted: Wanted) -> UUID:
    """A certificate asked for at the window, beside any other; a card is of the kind that the law of the day gives."""
    raw = await driver(uow.connection)
    certificate_id = uuid7()
    (need,) = (await needs_of(uow, [insured_id], on=uow.today)).to_dicts()
    await raw.execute(
        """INSERT INTO certificate (certificate_id, municipality_code, resident_number, insured_id, origin, state, family, issue_reason,
            kind, kind_reason, valid_from, valid_until, application_id, disease, made_due_at)
        VALUES ($1, $2, $3, $4, 'window', 'due', $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        certificate_id,
        need["municipality_code"],
        need["resident_number"],
        insured_id,
        wanted.family.value,
        wanted.reason.value,
        wanted.kind.value if wanted.kind else need["kind"],
        need["kind_reason"] if wanted.kind is None else "applied",
        wanted.valid_from or need["valid_from"],
        wanted.valid_until or need["valid_until"],
        wanted.application_id,
        wanted.disease,
        uow.now,
    )
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
