"""A file of holders of マイナ保険証: who is named for certain is known to hold one or none; the next certificate follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chassis import batches
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import CardHoldingsBatchSealed

from contracts.layouts import load_layout
from eligibility_service.store import card_holdings

LAYOUT: Final = load_layout("card_holdings")
SCHEMA: Final = f"{LAYOUT.version}/{LAYOUT.name}"


async def on_card_holdings_sealed(messages: Sequence[Message[CardHoldingsBatchSealed]], uow: UnitOfWork) -> None:
    """Each file as a whole; a row that names nobody for certain is kept for the union to look at, and nothing follows from it."""
    for message in messages:
        frame = await batches.open_sealed(uow.store, message.event, schema_name=SCHEMA)
        await card_holdings.take(uow, frame, batch_id=message.event.batch_id, generation=message.event.generation)
