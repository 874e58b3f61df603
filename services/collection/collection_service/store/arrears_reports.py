"""滞納情報: what was last said of each insured person, and saying what is new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.collection import ArrearsReported

from collection_service.domain.arrears import Claim
from collection_service.domain.arrears_reports import ArrearsState, is_news, state_of
from collection_service.store import arrears

DAY: Final = timedelta(days=1)
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
_LAST: Final = """
SELECT insured_id, unpaid_amount, oldest_due_on, last_paid_on, reported_on FROM arrears_report WHERE insured_id = ANY ($1::uuid[])
ORDER BY insured_id FOR UPDATE
"""
_KEEP: Final = """
INSERT INTO arrears_report (insured_id, municipality_code, resident_number, unpaid_amount, oldest_due_on, last_paid_on, reported_on)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (insured_id) DO UPDATE SET municipality_code = excluded.municipality_code, resident_number = excluded.resident_number,
    unpaid_amount = excluded.unpaid_amount, oldest_due_on = excluded.oldest_due_on, last_paid_on = excluded.last_paid_on,
    reported_on = excluded.reported_on
"""
_TO_LOOK_AT: Final = """
SELECT insured_id FROM instalment_state WHERE unpaid > 0 AND due_on < $1 AND insured_id BETWEEN $2 AND $3
UNION SELECT insured_id FROM arrears_report WHERE unpaid_amount > 0 AND insured_id BETWEEN $2 AND $3 ORDER BY 1
"""


async def to_look_at(raw: Connection[Any], today: date, first: UUID = FIRST, last: UUID = LAST) -> list[UUID]:
    """Of the insured people `first` to `last`, who owes something that is due, and of whom the last word was so, in order."""
    return [row["insured_id"] for row in await raw.fetch(_TO_LOOK_AT, today, first, last)]


async def report(uow: UnitOfWork, insured: Sequence[UUID]) -> int:
    """滞納情報: say of these insured people what is new about their arrears today; of how many something was said."""
    raw = await driver(uow.connection)
    last = {row["insured_id"]: row for row in await raw.fetch(_LAST, list(insured))}
    of_person: dict[UUID, list[Claim]] = defaultdict(list)
    for claim in await arrears.of_insured(raw, insured, due_before=uow.today + DAY):
        of_person[claim.insured_id].append(claim)
    rows = []
    for insured_id, claims in of_person.items():
        row = last.get(insured_id)
        before = ArrearsState(row["unpaid_amount"], row["oldest_due_on"], row["last_paid_on"]) if row else None
        now = state_of(claims, on=uow.today)
        if is_news(now, before, on=uow.today, said_on=row["reported_on"] if row else None):
            rows.append((insured_id, claims[-1].municipality_code, claims[-1].resident_number, now))
    await raw.executemany(_KEEP, [(*row[:3], row[3].unpaid_amount, row[3].oldest_due_on, row[3].last_paid_on, uow.today) for row in rows])
    uow.publish(*(_said(uow, *row) for row in rows))
    return len(rows)


def _said(uow: UnitOfWork, insured_id: UUID, municipality_code: str, resident_number: str, now: ArrearsState) -> ArrearsReported:
    return ArrearsReported(
        effective_on=uow.today,
        insured_id=insured_id,
        municipality_code=municipality_code,
        resident_number=resident_number,
        unpaid_amount=now.unpaid_amount,
        oldest_due_on=now.oldest_due_on,
        last_paid_on=now.last_paid_on,
    )
