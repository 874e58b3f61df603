"""Residents: the names and addresses of notices, one by one and by the file."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from chassis.batches import open_sealed
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed

from collection_service.store.addressees import RECORD, keep_addressees

ROWS_AT_ONCE = 50_000


async def on_residents_changed(messages: Sequence[Message[ResidentChanged]], uow: UnitOfWork) -> None:
    """Residents changed: the last record is where a notice goes."""
    rows = [message.event.model_dump(mode="python", include=set(RECORD)) for message in messages]
    await keep_addressees(pl.DataFrame(rows, schema=RECORD), uow)


async def on_residents_batch_sealed(messages: Sequence[Message[ResidentsBatchSealed]], uow: UnitOfWork) -> None:
    """A whole file of residents."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=ResidentChanged.type)
        for part in frame.select(pl.col(name).cast(kind) for name, kind in RECORD.items()).iter_slices(ROWS_AT_ONCE):
            await keep_addressees(part, uow)
