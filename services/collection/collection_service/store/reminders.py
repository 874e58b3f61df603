"""催告・督励: the reminders that were sent, and what was said on the telephone, on visits and at the window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7
from chassis.commands import Person
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.arrears import ClaimKey, Overdue

FOLDER: Final = "collection/reminders"
_DEMANDED: Final = """
SELECT d.insured_id, d.fiscal_year, d.number FROM demand d
WHERE (d.municipality_code, d.resident_number, d.state) = ($1, $2, 'issued') AND d.returned_on IS NULL AND d.pay_by < $3
"""
_PROMISED: Final = """
SELECT i.insured_id, i.fiscal_year, i.number FROM promise p JOIN promise_instalment i USING (promise_id)
WHERE (p.municipality_code, p.resident_number, p.state) = ($1, $2, 'running')
"""


async def demanded(raw: Connection[Any], person: Person, *, on: date) -> set[ClaimKey]:
    """The instalments whose demand has arrived, as far as is known, and has passed its day."""
    return {tuple(row) for row in await raw.fetch(_DEMANDED, *person, on)}


async def promised(raw: Connection[Any], person: Person) -> set[ClaimKey]:
    """The instalments for which a promise runs."""
    return {tuple(row) for row in await raw.fetch(_PROMISED, *person)}


async def keep(uow: UnitOfWork, person: Person, reminded: Sequence[Overdue], *, pay_by: date, sha256: str, by_hand: bool, by: str) -> UUID:
    """催告書: a reminder that was made, with what each instalment owed on its day."""
    raw, identifier = await driver(uow.connection), uuid7()
    await raw.execute(
        "INSERT INTO reminder VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", identifier, *person, uow.today, pay_by, sha256, by_hand, by
    )
    await raw.executemany(
        "INSERT INTO reminder_instalment VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [(identifier, *each.claim.key, person[0], each.unpaid, each.late_charge_left) for each in reminded],
    )
    return identifier


async def talked(uow: UnitOfWork, person: Person, *, on: date, way: str, outcome: str, remark: str, by: str) -> UUID:
    """督励記録: what was said."""
    raw, identifier = await driver(uow.connection), uuid7()
    row = (identifier, *person, on, way, outcome, remark, by, uow.now)
    await raw.execute("INSERT INTO talk VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", *row)
    return identifier


async def of_person(raw: Connection[Any], person: Person) -> dict[str, list[dict[str, Any]]]:
    """The reminders and talks of a person, the newest first."""
    reminders = await raw.fetch(
        """SELECT r.reminder_id, r.issued_on, r.pay_by, r.document_sha256, r.by_hand, r.issued_by, sum(i.unpaid)::bigint AS unpaid,
        sum(i.late_charge)::bigint AS late_charge, count(*) AS instalments FROM reminder r JOIN reminder_instalment i USING (reminder_id)
        WHERE (r.municipality_code, r.resident_number) = ($1, $2) GROUP BY r.reminder_id ORDER BY r.reminder_id DESC""",
        *person,
    )
    talks = await raw.fetch(
        """SELECT talk_id, talked_on, way, outcome, remark, written_by, written_at FROM talk
        WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY talked_on DESC, talk_id DESC""",
        *person,
    )
    return {"reminders": [dict(row) for row in reminders], "talks": [dict(row) for row in talks]}
