"""The insured, one by one and by the file: each event carries the whole qualification, so the last one counts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from chassis.batches import open_sealed
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import InsuredAcquired, InsuredBatchSealed, InsuredEvent

from collection_service.store.insured import INSURED, keep_insured

ROWS_AT_ONCE = 50_000


async def on_insured(messages: Sequence[Message[InsuredEvent]], uow: UnitOfWork) -> None:
    """A qualification began, changed or ended."""
    rows = [message.event.model_dump(mode="python", include=set(INSURED)) for message in messages]
    await keep_insured(pl.DataFrame([{**row, "insured_id": str(row["insured_id"])} for row in rows], schema=INSURED), uow)


async def on_insured_batch_sealed(messages: Sequence[Message[InsuredBatchSealed]], uow: UnitOfWork) -> None:
    """Many qualifications at once."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=InsuredAcquired.type)
        for part in frame.select(pl.col(name).cast(kind) for name, kind in INSURED.items()).iter_slices(ROWS_AT_ONCE):
            await keep_insured(part, uow)
