"""負担割合, one by one and by the file: what a claim of a day is checked against."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from chassis.batches import open_sealed
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import CopayRateDecided, CopayRatesBatchSealed

from benefits_service.store.copay_rates import RATE, keep_rates

ROWS_AT_ONCE = 50_000


async def on_copay_rates(messages: Sequence[Message[CopayRateDecided]], uow: UnitOfWork) -> None:
    """Rates were decided."""
    rows = [{**m.event.model_dump(mode="json", include=set(RATE)), "sequence": m.event.sequence} for m in messages]
    days = [pl.col(name).str.to_date() for name in ("valid_from", "valid_until")]
    texts = {name: pl.String() if kind == pl.Date else kind for name, kind in RATE.items()}
    await keep_rates(pl.DataFrame(rows, schema=texts).with_columns(days), uow)


async def on_copay_rates_sealed(messages: Sequence[Message[CopayRatesBatchSealed]], uow: UnitOfWork) -> None:
    """Many rates at once."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=CopayRateDecided.type)
        for part in frame.select(pl.col(name).cast(kind) for name, kind in RATE.items()).iter_slices(ROWS_AT_ONCE):
            await keep_rates(part, uow)
