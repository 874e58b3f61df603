"""減免 and 徴収猶予: what is remitted is charged no more; until when instalments are deferred is kept and shown."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.premium import DeferralDecided, RemissionDecided

from collection_service.domain.announcing import instalments_set
from collection_service.store import charges, remissions
from collection_service.store.deciding import charge_anew


async def on_remissions_decided(messages: Sequence[Message[RemissionDecided]], uow: UnitOfWork) -> None:
    """What is remitted has changed: charge what is left, whichever of remission and assessment came first."""
    raw = await driver(uow.connection)
    await charges.share(raw)
    events = [message.event for message in messages]
    await remissions.keep_remissions(raw, events)

    because = {(str(message.event.insured_id), message.event.fiscal_year): message for message in messages}
    for decided in await charge_anew(await remissions.charged_otherwise(raw, events), uow):
        keys = decided.people.select("insured_id", "fiscal_year").rows()
        for event, key in zip(instalments_set(decided), keys, strict=True):
            uow.publish(event, because=because[key])


async def on_deferrals_decided(messages: Sequence[Message[DeferralDecided]], uow: UnitOfWork) -> None:
    """Instalments are deferred, or are so no more."""
    await remissions.keep_deferrals(await driver(uow.connection), [message.event for message in messages])
