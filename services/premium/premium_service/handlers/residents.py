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

from premium_service.handlers.reassessing import Touched, reassess
from premium_service.store.residents import HEAD, ResidentRecord, apply_residents

ROWS_AT_ONCE = 50_000


async def on_residents_changed(messages: Sequence[Message[ResidentChanged]], uow: UnitOfWork) -> None:
    """Residents changed: keep who lives with whom, and decide again for the households left and joined."""
    changed = await apply_residents([_record(message.event) for message in messages], uow)

    touched = Touched()
    for message, (households, since) in zip(messages, changed, strict=True):
        touched.add(households, message, min(since, uow.today))
    await reassess(touched, uow)


async def on_residents_batch_sealed(messages: Sequence[Message[ResidentsBatchSealed]], uow: UnitOfWork) -> None:
    """A whole file of residents: loaded at once; its households are due for the next run of assess."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=ResidentChanged.type)
        for part in frame.iter_slices(ROWS_AT_ONCE):
            await mark_due(await apply_residents(list(_records(part)), uow), uow)


async def mark_due(changed: Iterable[tuple[Iterable[int], date]], uow: UnitOfWork) -> None:
    """Households that the next run of assess must decide, each for the fiscal years from the first day on which something changed."""
    since: dict[int, date] = {}
    for households, day in changed:
        for household in households:
            since[household] = min(day, since.get(household, uow.today))
    rows = sorted(since.items())
    raw = await driver(uow.connection)
    await raw.execute(_DUE, [household for household, _ in rows], [day for _, day in rows])


_DUE = """
INSERT INTO household_due (household_id, since) SELECT * FROM unnest($1::bigint[], $2::date[])
ON CONFLICT (household_id) DO UPDATE SET since = least(household_due.since, excluded.since)
"""


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
