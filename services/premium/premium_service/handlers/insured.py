"""The insured: whoever is acquired, changed or lost changes the premium of the whole household."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import polars as pl
from chassis.batches import open_sealed
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import AcquisitionGround, InsuredAcquired, InsuredBatchSealed, InsuredEvent

from premium_service.handlers.reassessing import Touched, reassess
from premium_service.handlers.residents import ROWS_AT_ONCE, mark_due
from premium_service.store.incomes import households_of
from premium_service.store.insured import InsuredRecord, apply_insured


async def on_insured(messages: Sequence[Message[InsuredEvent]], uow: UnitOfWork) -> None:
    """A qualification began, changed or ended: decide again for the household."""
    changed = await apply_insured([_record(message.event) for message in messages], uow)

    households = await households_of([resident for resident, _ in changed], uow)
    touched = Touched()
    for message, (resident, since) in zip(messages, changed, strict=True):
        touched.add(households.get(resident, ()), message, min(since, uow.today))
    await reassess(touched, uow)


async def on_insured_batch_sealed(messages: Sequence[Message[InsuredBatchSealed]], uow: UnitOfWork) -> None:
    """Many qualifications at once: loaded; their households are due for the next run of assess."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=InsuredAcquired.type)
        for part in frame.iter_slices(ROWS_AT_ONCE):
            changed = await apply_insured(list(_records(part)), uow)
            households = await households_of([resident for resident, _ in changed], uow)
            await mark_due(((households.get(resident, ()), since) for resident, since in changed), uow)


def _record(event: InsuredEvent) -> InsuredRecord:
    return InsuredRecord(
        event.insured_id,
        event.insured_number,
        event.municipality_code,
        event.resident_number,
        event.acquired_on,
        event.lost_on,
        _by_disability(event.acquisition_ground, event.born_on, event.acquired_on),
        event.sequence or 0,
    )


def _by_disability(ground: str, born_on: date, acquired_on: date) -> bool:
    """Whether a qualification began by a certified disability. At 75 its ground becomes age, but nobody else begins before 75 (法50条)."""
    before_75 = (acquired_on.year, acquired_on.month, acquired_on.day) < (born_on.year + 75, born_on.month, born_on.day)
    return ground == AcquisitionGround.DISABILITY or before_75


_COLUMNS = (
    "insured_id",
    "insured_number",
    "municipality_code",
    "resident_number",
    "acquired_on",
    "lost_on",
    "acquisition_ground",
    "born_on",
    "sequence",
)


def _records(frame: pl.DataFrame) -> Iterable[InsuredRecord]:
    for insured, insured_number, code, number, acquired, lost, ground, born_on, sequence in frame.select(_COLUMNS).iter_rows():
        by_disability = _by_disability(ground, born_on, acquired)
        yield InsuredRecord(UUID(insured), insured_number, code, number, acquired, lost, by_disability, sequence)
