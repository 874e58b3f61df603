"""Residents and households: a change of household, head or birthday decides again for everyone it touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl
from chassis.batches import open_sealed
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed, ResidentStatus

from premium_service.handlers.reassessing import reassess
from premium_service.store.residents import HEAD, ResidentRecord, apply_residents

ROWS_AT_ONCE = 50_000


async def on_residents_changed(messages: Sequence[Message[ResidentChanged]], uow: UnitOfWork) -> None:
    """Residents changed: keep who lives with whom, and decide again for the households left and joined."""
    touched = await apply_residents([_record(message.event) for message in messages], uow)

    because_of = {household: message for message, households in zip(messages, touched, strict=True) for household in households}
    await reassess(because_of, uow)


async def on_residents_batch_sealed(messages: Sequence[Message[ResidentsBatchSealed]], uow: UnitOfWork) -> None:
    """A whole file of residents: loaded at once; its households are due for the next run of assess."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=ResidentChanged.type)
        for part in frame.iter_slices(ROWS_AT_ONCE):
            touched = await apply_residents(list(_records(part)), uow)
            await mark_due(set().union(*touched), uow)


async def mark_due(households: set[int], uow: UnitOfWork) -> None:
    """Households that the next run of assess must decide."""
    raw = await driver(uow.connection)
    await raw.execute("INSERT INTO household_due SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING", sorted(households))


def _record(event: ResidentChanged) -> ResidentRecord:
    return _of(*(getattr(event, name) for name in _COLUMNS))


_COLUMNS = (
    "municipality_code",
    "resident_number",
    "sequence",
    "household_number",
    "relationship",
    "status",
    "born_on",
    "changed_on",
    "ended_on",
    "name",
    "postal_code",
    "address_prefecture",
    "address_municipality",
    "address_town",
    "address_number",
    "address_building",
    "resident_since",
)


def _records(frame: pl.DataFrame) -> Iterable[ResidentRecord]:
    for row in frame.select(_COLUMNS).iter_rows():
        yield _of(*row)


def _of(
    code: str,
    number: str,
    sequence: int,
    household: str,
    relationship: str,
    status: str,
    born: date,
    changed: date,
    ended: date | None,
    name: str,
    postal_code: str,
    prefecture: str,
    municipality: str,
    town: str,
    house: str,
    building: str | None,
    since: date,
) -> ResidentRecord:
    head = relationship.startswith(HEAD)
    lines = tuple(line for line in (f"{prefecture}{municipality}", f"{town}{house}", building) if line)
    standing = ResidentStatus(status)
    return ResidentRecord(code, number, sequence or 0, household, head, standing, born, changed, ended, name, postal_code, lines, since)
