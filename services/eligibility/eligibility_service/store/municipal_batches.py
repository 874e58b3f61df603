"""What the municipalities have sent in sealed batches, with the announcement of each, so that a rehearsal can be repeated."""

from __future__ import annotations

from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import SINGLE, Message, encode
from contracts.events.municipal import ResidentsBatchSealed

from eligibility_service.domain.phases import Phase
from eligibility_service.store import phases

_KEEP: Final = """
INSERT INTO municipal_batch (
    batch_id, municipality_code, generation, complete_as_of, sent, accepted, rejected, parked, people, received_at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (batch_id) DO UPDATE SET received_at = excluded.received_at
"""
_HAS_COMPLETE: Final = "SELECT EXISTS (SELECT FROM municipal_batch WHERE municipality_code = $1 AND complete_as_of IS NOT NULL)"
_ALL: Final = "SELECT batch_id, body FROM municipal_batch ORDER BY municipality_code, generation"
COMPLETE: Final = """
SELECT DISTINCT ON (municipality_code) batch_id, municipality_code, generation, complete_as_of, sent, accepted, rejected, parked, people,
       received_at, body
FROM municipal_batch WHERE complete_as_of IS NOT NULL ORDER BY municipality_code, generation DESC
"""
"""The latest complete extract of each municipality."""


class PartialExtract(Exception):
    """The first file of a municipality in a first load is not declared complete; nothing of it was loaded."""


async def refuse_partial(uow: UnitOfWork, event: ResidentsBatchSealed) -> None:
    """Before routine work the ledger of a municipality begins with everybody: a batch without the mark of completeness waits for one.

    Why: an extract that was still being written was used as if it were the whole, and hundreds of people were paid wrongly.
    """
    if event.complete_as_of is not None or await phases.is_routine(uow):
        return
    if not await (await driver(uow.connection)).fetchval(_HAS_COMPLETE, event.municipality_code):
        raise PartialExtract(
            f"{event.municipality_code}, generation {event.generation}: no complete extract of this municipality has come yet, "
            "and this batch does not say complete_as_of. Send the complete extract, then replay this batch."
        )


async def keep(uow: UnitOfWork, message: Message[ResidentsBatchSealed], *, people: int) -> None:
    """Remember a batch that was loaded: its counts, how many people stand in it, and the announcement."""
    event = message.event
    await (await driver(uow.connection)).execute(
        _KEEP,
        event.batch_id,
        event.municipality_code,
        event.generation,
        event.complete_as_of,
        event.sent,
        event.seal.rows,
        event.rejected,
        event.parked,
        people,
        uow.now,
        encode([message]),
    )


async def repeat_all(uow: UnitOfWork) -> int:
    """Hand every batch of a rehearsal to this service alone once more, as it was announced; how many."""
    rows = await (await driver(uow.connection)).fetch(_ALL)
    for row in rows:
        uow.send(
            row["body"],
            exchange=f"{uow.service}.partitions",
            routing_key=ResidentsBatchSealed.type,
            subject=str(row["batch_id"]),
            content_type=SINGLE,
        )
    return len(rows)


async def forget_all(uow: UnitOfWork) -> None:
    """Leave nothing of the rehearsal behind when the migration begins."""
    if await phases.present(uow) is Phase.REHEARSAL:
        await (await driver(uow.connection)).execute("DELETE FROM municipal_batch")


async def complete_extracts(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The latest complete extract of each municipality."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(COMPLETE)]
