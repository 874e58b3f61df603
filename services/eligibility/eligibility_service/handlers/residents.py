"""A resident changed: the mirror takes the record, and the ledger follows. One by one, packed or sealed, it is one path."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import polars as pl
from chassis import batches
from chassis.clock import derived_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import InsuredAcquired, InsuredBatchSealed
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed

from eligibility_service.domain import announcing, records
from eligibility_service.store import (
    certificates,
    copay_judging,
    copay_runs,
    duplicates,
    former_dependants,
    ledger,
    municipal_batches,
    replacing,
    residence_surveys,
)


async def on_residents_changed(messages: Sequence[Message[ResidentChanged]], uow: UnitOfWork) -> None:
    """Records of residents, in order: each person's qualifications follow; a single acquisition or change makes a certificate due."""
    frame = records.of_events([message.event for message in messages])

    revisions = await ledger.take(uow, frame, alone=False)

    for row, event in announcing.events_of(revisions):
        uow.publish(event, because=None if row is None else messages[row])
    because_of = {(message.event.municipality_code, message.event.resident_number): message for message in messages}
    await copay_judging.rejudge(uow, because_of, packed=messages[0].pack_id is not None)
    await certificates.follow(uow, revisions, messages)
    await duplicates.follow(uow, revisions, messages)
    await former_dependants.follow(uow, revisions)
    await residence_surveys.follow_records(uow, {message.event.municipality_code for message in messages})


async def on_residents_sealed(messages: Sequence[Message[ResidentsBatchSealed]], uow: UnitOfWork) -> None:
    """A whole file of residents: what follows leaves as one sealed batch. Its certificates wait for the job `issue-cards`."""
    for message in messages:
        await municipal_batches.refuse_partial(uow, message.event)
        frame = await batches.open_sealed(uow.store, message.event, schema_name=ResidentChanged.type)
        said = await asyncio.to_thread(records.of_batch, frame)

        revisions = await ledger.take(uow, said, alone=True)

        await municipal_batches.keep(uow, message, people=records.people_in(said))
        await certificates.after_records(uow, revisions, {message.event.municipality_code})
        await replacing.replace_in_municipalities(uow, [message.event.municipality_code])
        await residence_surveys.follow_records(uow, {message.event.municipality_code})
        years = await copay_judging.years_judged(uow)
        await copay_runs.mark_municipality_due(uow, message.event.municipality_code, years=years)
        if revisions.height:
            await _say_sealed(revisions, message, uow)
            await former_dependants.follow(uow, revisions)


async def _say_sealed(revisions: pl.DataFrame, because: Message[ResidentsBatchSealed], uow: UnitOfWork) -> None:
    batch_id = derived_id("insured batch", because.event.batch_id)
    key = f"eligibility/insured/{batch_id}.parquet"
    frame = announcing.as_batch(revisions)
    sealed = await batches.seal(uow.store, key, frame, schema_name=InsuredAcquired.type, totals=("sequence",))
    uow.publish(InsuredBatchSealed(effective_on=uow.today, batch_id=batch_id, key=key, seal=sealed), because=because)
