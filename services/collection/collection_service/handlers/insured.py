"""The insured, one by one and by the file: each event carries the whole qualification, so the last one counts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from chassis.batches import open_sealed
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import InsuredAcquired, InsuredBatchSealed, InsuredEvent

from collection_service.domain.announcing import instalments_set
from collection_service.store.deciding import stop_after_loss
from collection_service.store.insured import INSURED, keep_insured

ROWS_AT_ONCE = 50_000


async def on_insured(messages: Sequence[Message[InsuredEvent]], uow: UnitOfWork) -> None:
    """A qualification began, changed or ended; who is insured no more is not collected from any more."""
    rows = [message.event.model_dump(mode="python", include=set(INSURED)) for message in messages]
    await keep_insured(pl.DataFrame([{**row, "insured_id": str(row["insured_id"])} for row in rows], schema=INSURED), uow)

    lost = {str(message.event.insured_id): message for message in messages if message.event.lost_on is not None}
    for decided in await stop_after_loss(list(lost), uow):
        for event, insured_id in zip(instalments_set(decided), decided.people["insured_id"], strict=True):
            uow.publish(event, because=lost[insured_id])


async def on_insured_batch_sealed(messages: Sequence[Message[InsuredBatchSealed]], uow: UnitOfWork) -> None:
    """Many qualifications at once."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=InsuredAcquired.type)
        for part in frame.select(pl.col(name).cast(kind) for name, kind in INSURED.items()).iter_slices(ROWS_AT_ONCE):
            await keep_insured(part, uow)
            lost = part.filter(pl.col("lost_on").is_not_null())["insured_id"].to_list()
            for decided in await stop_after_loss(lost, uow):
                uow.publish(*instalments_set(decided), because=message)
