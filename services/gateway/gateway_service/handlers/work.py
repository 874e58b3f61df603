"""What the other services leave for people: cards that were issued (the print log) and cases that somebody must look at (the worklist)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events import eligibility, premium
from contracts.events.eligibility import CertificateIssued

_PRINTED = """
INSERT INTO print_log
  (certificate_id, municipality_code, resident_number, insured_id, kind, valid_from, valid_until, document_sha256, issued_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::date[], $7::date[], $8::text[], $9::timestamptz[])
ON CONFLICT DO NOTHING
"""
_RAISED = """
INSERT INTO work_item AS w (case_id, municipality_code, resident_number, insured_id, kind, fiscal_year, waiting_since, raised_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::int[], $7::date[], $8::timestamptz[])
ON CONFLICT (case_id) DO UPDATE
SET fiscal_year = excluded.fiscal_year, waiting_since = excluded.waiting_since, raised_at = excluded.raised_at
"""
# A case may be closed before this reader heard that it was raised (another replica's dead letter): it stays closed.
_CLOSED = """
INSERT INTO work_item AS w (case_id, municipality_code, resident_number, insured_id, kind, closed_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[])
ON CONFLICT (case_id) DO UPDATE SET closed_at = excluded.closed_at
"""


async def on_certificates_issued(messages: Sequence[Message[CertificateIssued]], uow: UnitOfWork) -> None:
    """Keep each card in the print log."""
    events = [message.event for message in messages]
    await (await driver(uow.connection)).execute(
        _PRINTED,
        [event.certificate_id for event in events],
        [event.municipality_code for event in events],
        [event.resident_number for event in events],
        [event.insured_id for event in events],
        [event.kind for event in events],
        [event.valid_from for event in events],
        [event.valid_until for event in events],
        [event.document_sha256 for event in events],
        [message.time for message in messages],
    )


Raised = premium.CaseRaised | eligibility.CaseRaised
Closed = premium.CaseClosed | eligibility.CaseClosed


async def on_cases(messages: Sequence[Message[Raised | Closed]], uow: UnitOfWork) -> None:
    """Open and close items of the worklist; a case of eligibility is about a resident, insured or not, and no fiscal year."""
    raw = await driver(uow.connection)
    raised = {m.event.case_id: (m, m.event) for m in messages if isinstance(m.event, Raised)}
    closed = {m.event.case_id: (m, m.event) for m in messages if isinstance(m.event, Closed)}
    if raised:
        await raw.execute(
            _RAISED,
            list(raised),
            [event.municipality_code for _, event in raised.values()],
            [event.resident_number for _, event in raised.values()],
            [_insured_id(event) for _, event in raised.values()],
            [event.kind for _, event in raised.values()],
            [event.fiscal_year if isinstance(event, premium.CaseRaised) else None for _, event in raised.values()],
            [event.waiting_since for _, event in raised.values()],
            [message.time for message, _ in raised.values()],
        )
    if closed:
        await raw.execute(
            _CLOSED,
            list(closed),
            [event.municipality_code for _, event in closed.values()],
            [event.resident_number for _, event in closed.values()],
            [_insured_id(event) for _, event in closed.values()],
            [event.kind for _, event in closed.values()],
            [message.time for message, _ in closed.values()],
        )


def _insured_id(event: Raised | Closed) -> UUID | None:
    return event.insured_id if isinstance(event, premium.PremiumEvent) else None
